// Its description is smaller than the host needs.
#include <cairn/plugin.h>

extern "C" CAIRN_API const char CAIRN_ABI_MARKER[];
extern "C" CAIRN_API const char CAIRN_ABI_MARKER[] = CAIRN_FINGERPRINT;
extern "C" CAIRN_API const cairn_plugin_v1_info* cairn_plugin_v1() noexcept {
  static const cairn_plugin_v1_info info{8, CAIRN_SDK_ABI, "bad.short_info", "1.0.0", CAIRN_FINGERPRINT, nullptr};
  return &info;
}
