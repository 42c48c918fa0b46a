#include "train/monitors.h"

#include "plugin/call.h"

namespace cairn {

void Monitors::add(std::string type, std::unique_ptr<Monitor> monitor) {
  entries_.push_back({"monitor " + std::move(type), std::move(monitor)});
}

template <class Call>
void Monitors::each(std::string_view stage, const Call& call) {
  for (Entry& entry : entries_) {
    if (entry.monitor == nullptr) continue;
    try {
      call_plugin(entry.name, stage, [&] { call(*entry.monitor); });
    } catch (const Error& error) {
      log_.warn(entry.name, " is switched off for the rest of this process: ", error.what());
      entry.monitor.reset();
    }
  }
}

void Monitors::metrics(const MetricRow& row) {
  each("on_metrics", [&](Monitor& monitor) { monitor.on_metrics(row); });
}

void Monitors::evaluated(const Progress& at, std::span<const ClassFigures> classes) {
  each("on_evaluated", [&](Monitor& monitor) {
    auto* hook = static_cast<EvaluationHook*>(monitor.extension(kEvaluationExtension));
    if (hook != nullptr) hook->on_evaluated(at, classes);
  });
}

void Monitors::event(Event::Type type, const Progress& at, std::string text, double fraction) {
  const Event event{type, at, std::move(text), fraction};
  each("on_event", [&](Monitor& monitor) { monitor.on_event(event); });
}

}  // namespace cairn
