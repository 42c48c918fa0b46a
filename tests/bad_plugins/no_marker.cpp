// Has the entry, but not the marker that cairn_add_plugin() makes.
extern "C" __attribute__((visibility("default"))) const void* cairn_plugin_v1() noexcept {
  return nullptr;
}
