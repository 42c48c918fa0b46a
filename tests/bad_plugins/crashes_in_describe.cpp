// Its description crashes instead of coming back.
#include <csignal>

#include <cairn/plugin.h>

namespace {
const cairn::PluginDescriptor* describe() {
  raise(SIGSEGV);
  return nullptr;
}
}  // namespace

extern "C" CAIRN_API const char CAIRN_ABI_MARKER[];
extern "C" CAIRN_API const char CAIRN_ABI_MARKER[] = CAIRN_FINGERPRINT;
extern "C" CAIRN_API const cairn_plugin_v1_info* cairn_plugin_v1() noexcept {
  static const cairn_plugin_v1_info info{
      sizeof(cairn_plugin_v1_info), CAIRN_SDK_ABI, "bad.crashes_in_describe", "1.0.0", CAIRN_FINGERPRINT, &describe};
  return &info;
}
