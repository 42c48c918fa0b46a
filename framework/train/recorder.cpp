#include "train/recorder.h"

#include <unistd.h>
#include <fstream>

namespace cairn {
namespace {

std::string_view name_of(GroupKind kind) {
  switch (kind) {
    case GroupKind::Decay:
      return "decay";
    case GroupKind::NoDecay:
      return "no_decay";
    case GroupKind::Bias:
      return "bias";
    case GroupKind::Untrained:
      return "untrained";
  }
  return "?";
}

void add_rates(MetricRow& row, const IterationReport& report, const ParamGroups& groups) {
  for (size_t i = 0; i < groups.size(); ++i)
    row.exact.emplace_back(cat("lr/", name_of(groups[i].kind)), report.rates[i].lr);
  if (!report.rates.empty() && report.rates[0].momentum) row.exact.emplace_back("momentum", *report.rates[0].momentum);
}

Progress ran(const RunState& state) {
  Progress at = state.at;
  --at.iteration;
  --at.position;
  return at;
}

}  // namespace

int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

void Recorder::add(MetricRow row) {
  if (figures_) {
    for (auto& figure : figures_(row.type)) row.measured.push_back(std::move(figure));
  }
  history_.add(row);
  monitors_.metrics(row);
}

void Recorder::iteration(const IterationReport& report, const ParamGroups& groups, const RunState& state,
                         int64_t images, double seconds) {
  MetricRow row{MetricRow::Type::Iteration, ran(state), report.losses, {}};
  row.exact.emplace_back("loss/total", report.total);
  add_rates(row, report, groups);
  row.exact.emplace_back("stepped", report.stepped ? 1 : 0);
  if (report.stepped) row.exact.emplace_back("gradient_norm", report.gradient_norm);
  row.measured = {{"seconds", seconds},
                  {"images_per_second", static_cast<double>(images) / seconds},
                  {"memory_bytes", static_cast<double>(resident_bytes())}};
  add(std::move(row));
}

void Recorder::epoch(const RunState& state, const IterationReport& last, const ParamGroups& groups) {
  MetricRow row{MetricRow::Type::Epoch, ran(state), {}, {}};
  if (state.loss_count > 0) row.exact = state.mean_losses();
  add_rates(row, last, groups);
  add(std::move(row));
}

void Recorder::evaluation(const RunState& state, double seconds) {
  MetricRow row{MetricRow::Type::Evaluation, ran(state), {}, {{"seconds", seconds}}};
  for (const auto& [name, value] : state.metrics) row.exact.emplace_back(name, value);
  add(std::move(row));
}

}  // namespace cairn
