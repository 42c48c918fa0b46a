// Rows and events as a run sends them: 3 iterations an epoch.
#pragma once
#include <cairn/monitor.h>

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn::test {

constexpr int64_t kPerEpoch = 3;

inline Progress progress(int64_t iteration) {
  Progress at{iteration / kPerEpoch, iteration % kPerEpoch, iteration, iteration, iteration - 1, {}};
  at.plan = {4, kPerEpoch, 16, 64, 48, 3};
  return at;
}

inline MetricRow iteration_row(int64_t iteration, double speed) {
  const double x = 1.0 / static_cast<double>(iteration + 3);
  return {MetricRow::Type::Iteration,
          progress(iteration),
          {{"loss/box", x}, {"loss/cls", 2 * x}, {"loss/total", 3 * x}, {"lr/decay", 0.01 * x}},
          {{"seconds", 16 / speed}, {"images_per_second", speed}, {"memory_bytes", 1.25e9}}};
}

inline MetricRow epoch_row(int64_t last_iteration) {
  const double x = 1.0 / static_cast<double>(last_iteration + 7);
  return {
      MetricRow::Type::Epoch, progress(last_iteration), {{"loss/box", x}, {"loss/cls", 2 * x}, {"lr/decay", 0.01}}, {}};
}

inline MetricRow evaluation_row(int64_t last_iteration, double map50 = 0.5, double seconds = 1) {
  return {MetricRow::Type::Evaluation,
          progress(last_iteration),
          {{"map50", map50}, {"map50_95", map50 / 3}, {"precision", 0.75}, {"recall", 1.0 / 3}},
          {{"seconds", seconds}}};
}

inline Event event(Event::Type type, int64_t iteration, std::string text = "") {
  return {type, progress(iteration), std::move(text), 0};
}

// Iterations `from` to `to`, without `to`, with what belongs to the end of each epoch. Speeds differ from run to run.
inline void send(Monitor& monitor, int64_t from, int64_t to, double speed = 30) {
  for (int64_t i = from; i < to; ++i) {
    if (i % kPerEpoch == 0) monitor.on_event(event(Event::Type::EpochStarted, i));
    monitor.on_metrics(iteration_row(i, speed + static_cast<double>(i)));
    if (i % kPerEpoch != kPerEpoch - 1) continue;
    monitor.on_metrics(epoch_row(i));
    monitor.on_event(event(Event::Type::EvaluationStarted, i + 1));
    monitor.on_metrics(evaluation_row(i, 0.5, 1 + 1 / speed));
  }
}

inline std::unique_ptr<Monitor> make_monitor(const std::string& type, const std::filesystem::path& folder,
                                             const Table& table = {}, Logger* log = nullptr,
                                             FileSystem* files = nullptr) {
  Registry registry;
  registry.add_folder(plugin_dir());
  Context context;
  context.run_directory = folder;
  context.files = files;
  if (log) context.log = log;
  return registry.create<Monitor>(type, table, context);
}

}  // namespace cairn::test
