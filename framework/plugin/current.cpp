#include "plugin/current.h"

namespace cairn {
namespace {

thread_local Whereabouts here;

}  // namespace

const Whereabouts& whereabouts() {
  return here;
}

InPlugin::InPlugin(std::string_view plugin, std::string_view stage)
    : outer_plugin_(here.plugin), outer_stage_(here.stage) {
  here.plugin = plugin;
  here.stage = stage;
}

InPlugin::~InPlugin() {
  here.plugin = outer_plugin_;
  here.stage = outer_stage_;
}

InSample::InSample(const SamplePlace& sample) : outer_(here.sample) {
  here.sample = sample;
}

InSample::~InSample() {
  here.sample = outer_;
}

}  // namespace cairn
