// Checks of the kind monitor.
#include <cmath>
#include <limits>

#include <cairn/evaluation.h>
#include <cairn/monitor.h>

#include "check.h"

namespace cairn::conformance {
namespace {

Progress at_iteration(const Plan& plan, int64_t iteration) {
  Progress at;
  at.plan = plan;
  at.iteration = at.step = iteration;
  at.epoch = iteration / plan.iterations_per_epoch;
  at.position = iteration % plan.iterations_per_epoch;
  return at;
}

void iteration(Monitor& monitor, const Progress& at, double loss) {
  MetricRow row;
  row.at = at;
  row.exact = {{"loss/box", loss}, {"loss/total", loss}, {"lr/decay", 0.01}, {"stepped", 1}};
  row.measured = {{"seconds", 0.1}, {"images_per_second", 20}, {"memory_bytes", 1e9}};
  monitor.on_metrics(row);
}

void epoch_end(Monitor& monitor, const Progress& at) {
  MetricRow row;
  row.type = MetricRow::Type::Epoch;
  row.at = at;
  row.exact = {{"loss/box", 0.5}, {"loss/total", 0.5}};
  monitor.on_metrics(row);
  monitor.on_event({Event::Type::EvaluationStarted, at, "", 0});
  monitor.on_event({Event::Type::Evaluating, at, "", 0.5});
  row.type = MetricRow::Type::Evaluation;
  row.exact = {{"map50", 0.5}, {"map50_95", 0.25}, {"fitness", 0.25}};
  monitor.on_metrics(row);
}

void run(Monitor& monitor, const Plan& plan, int64_t from, int64_t to) {
  for (int64_t i = from; i < to; ++i) {
    const Progress at = at_iteration(plan, i);
    if (at.position == 0) monitor.on_event({Event::Type::EpochStarted, at, "", 0});
    iteration(monitor, at, 1.0 / static_cast<double>(i + 1));
    if (at.position == plan.iterations_per_epoch - 1) epoch_end(monitor, at);
  }
}

void check_run(const Specimen& s) {
  const auto monitor = s.make<Monitor>();
  const Plan plan = s.context().plan;
  monitor->on_event({Event::Type::Started, at_iteration(plan, 0), "run 'check'", 0});
  run(*monitor, plan, 0, plan.iterations());
  monitor->on_event({Event::Type::Saved, at_iteration(plan, 5), "check@5", 0});
  monitor->on_event({Event::Type::Picture, at_iteration(plan, 5), "run/picture.jpg", 0});
  monitor->on_event({Event::Type::Warning, at_iteration(plan, 5), "a warning", 0});
  monitor->on_event({Event::Type::Finished, at_iteration(plan, plan.iterations()), "finished", 0});
}

void check_resumed(const Specimen& s) {
  const Plan plan = s.context().plan;
  {
    const auto killed = s.make<Monitor>();
    killed->on_event({Event::Type::Started, at_iteration(plan, 0), "", 0});
    run(*killed, plan, 0, 20);
  }
  const auto monitor = s.make<Monitor>();
  monitor->on_event({Event::Type::Resumed, at_iteration(plan, 13), "from a snapshot", 0});
  run(*monitor, plan, 13, plan.iterations());
  monitor->on_event({Event::Type::Interrupted, at_iteration(plan, 40), "stopped", 0});
}

void check_odd_rows(const Specimen& s) {
  const auto monitor = s.make<Monitor>();
  const Plan plan = s.context().plan;
  for (const double odd : {std::nan(""), std::numeric_limits<double>::infinity(), -1e308, 0.0})
    iteration(*monitor, at_iteration(plan, 1), odd);
  MetricRow empty;
  monitor->on_metrics(empty);
  empty.exact = {{"a name with \"quotes\", commas\nand lines", 1}};
  monitor->on_metrics(empty);
  monitor->on_event({Event::Type::Warning, {}, "\"quoted\"\n\xff", 0});
}

void check_hook(const Specimen& s) {
  const auto monitor = s.make<Monitor>();
  auto* hook = static_cast<EvaluationHook*>(monitor->extension(kEvaluationExtension));
  if (hook == nullptr) throw Skip(cat("has no extension ", kEvaluationExtension));
  const std::vector<ClassFigures> figures{{"circle", 3, 0.5, 0.25, 0.7, 0.6}, {"square", 0, 0, 0, 0, 0}};
  hook->on_evaluated(at_iteration(s.context().plan, 6), figures);
  hook->on_evaluated({}, {});
}

}  // namespace

Checks monitor_checks() {
  return {{"run", "follows a whole run", check_run},
          {"resumed", "follows a run that was killed and goes on behind its newest snapshot", check_resumed},
          {"rows", "survives rows that are empty, oddly named or not finite", check_odd_rows},
          {"evaluation", "takes the figures of every class, where it has the extension", check_hook}};
}

}  // namespace cairn::conformance
