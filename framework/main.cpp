// Begins the host, which is opened and not linked: LibTorch brings OpenMP, which must find its settings.
#include <dlfcn.h>

#include <cstdio>

#include "base/polite_waiting.h"
#include "base/standard_streams.h"

int main(int argc, char** argv) {
  cairn::open_standard_streams();
  cairn::wait_politely();
  void* const host = dlopen("libcairn.so", RTLD_NOW | RTLD_GLOBAL);
  const auto run = host == nullptr ? nullptr : reinterpret_cast<int (*)(int, char**)>(dlsym(host, "cairn_main"));
  if (run == nullptr) {
    std::fprintf(stderr, "cairn: %s\n", dlerror());
    return 1;
  }
  return run(argc, argv);
}
