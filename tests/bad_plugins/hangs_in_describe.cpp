// Its description hangs instead of coming back.
#include <unistd.h>

#include <cairn/plugin.h>

namespace {
const cairn::PluginDescriptor* describe() {
  while (true) pause();
  return nullptr;
}
}  // namespace

extern "C" CAIRN_API const char CAIRN_ABI_MARKER[];
extern "C" CAIRN_API const char CAIRN_ABI_MARKER[] = CAIRN_FINGERPRINT;
extern "C" CAIRN_API const cairn_plugin_v1_info* cairn_plugin_v1() noexcept {
  static const cairn_plugin_v1_info info{
      sizeof(cairn_plugin_v1_info), CAIRN_SDK_ABI, "bad.hangs_in_describe", "1.0.0", CAIRN_FINGERPRINT, &describe};
  return &info;
}
