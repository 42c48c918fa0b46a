// Was built for an SDK that this host has left behind.
#include <cairn/plugin.h>

extern "C" CAIRN_API const char CAIRN_ABI_MARKER[];
extern "C" CAIRN_API const char CAIRN_ABI_MARKER[] = CAIRN_FINGERPRINT;
extern "C" CAIRN_API const cairn_plugin_v1_info* cairn_plugin_v1() noexcept {
  static const cairn_plugin_v1_info info{
      sizeof(cairn_plugin_v1_info), CAIRN_SDK_ABI - 1, "bad.older_abi", "1.0.0", CAIRN_FINGERPRINT, nullptr};
  return &info;
}
