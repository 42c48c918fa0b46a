// libcairn.so: the static libraries of all stages, gathered by the build.
#include <cairn/error.h>

extern "C" CAIRN_API const char* cairn_version() {
  return CAIRN_VERSION;
}
