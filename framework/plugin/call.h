// The only place where a plugin's exceptions become cairn::Error.
#pragma once
#include <string_view>
#include <utility>

#include "plugin/current.h"

namespace cairn {

// Rethrows the exception in flight as cairn::Error with a note that names plugin and stage. c10::Error and
// cv::Exception are std::exceptions; what is none is named as such.
[[noreturn]] void rethrow_plugin_error(std::string_view plugin, std::string_view stage);

// Runs `function` inside the plugin. `plugin` is what a message calls it ("augmentation mosaic"), `stage` what it does
// ("apply").
template <class Function>
decltype(auto) call_plugin(std::string_view plugin, std::string_view stage, Function&& function) {
  const InPlugin inside(plugin, stage);
  try {
    return std::forward<Function>(function)();
  } catch (...) {
    rethrow_plugin_error(plugin, stage);
  }
}

}  // namespace cairn
