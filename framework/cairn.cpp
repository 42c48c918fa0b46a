// libcairn.so: the static libraries of all stages, gathered by the build, and where the executable enters.
#include "cli/cli.h"

extern "C" [[gnu::visibility("default")]] int cairn_main(int argc, char** argv) {
  return cairn::run_command_line(argc, argv);
}
