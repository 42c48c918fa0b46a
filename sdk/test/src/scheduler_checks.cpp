// Checks of the kind scheduler.
#include <cmath>

#include <cairn/memory_state.h>
#include <cairn/scheduler.h>

#include "check.h"

namespace cairn::conformance {
namespace {

constexpr GroupKind kGroups[] = {GroupKind::Decay, GroupKind::NoDecay, GroupKind::Bias};

Progress progress(const Plan& plan, int64_t iteration) {
  Progress at;
  at.plan = plan;
  at.iteration = at.step = iteration;
  at.epoch = iteration / plan.iterations_per_epoch;
  at.position = iteration % plan.iterations_per_epoch;
  at.last_step_iteration = iteration - 1;
  return at;
}

bool equal(const Rates& a, const Rates& b) {
  return a.lr == b.lr && a.momentum == b.momentum && a.weight_decay == b.weight_decay;
}

void check_rates_at(const Scheduler& scheduler, const Progress& at) {
  for (const GroupKind group : kGroups) {
    const Rates rates = scheduler.rates(at, group);
    const bool good = std::isfinite(rates.lr) && rates.lr >= 0 && std::isfinite(rates.weight_decay) &&
                      rates.weight_decay >= 0 && (!rates.momentum || std::isfinite(*rates.momentum));
    expect(good, "iteration ", at.iteration, ": expected finite rates of at least 0, found lr ", rates.lr,
           ", weight decay ", rates.weight_decay);
  }
  expect(scheduler.accumulation(at) >= 1, "iteration ", at.iteration, ": accumulates ", scheduler.accumulation(at),
         " batches, expected at least 1");
  scheduler.step_due(at);
}

void check_whole_plan(const Specimen& s) {
  const auto scheduler = s.make<Scheduler>();
  const Plan plan = s.context().plan;
  bool trains = false;
  for (int64_t i = 0; i < plan.iterations(); ++i) {
    check_rates_at(*scheduler, progress(plan, i));
    trains = trains || scheduler->rates(progress(plan, i), GroupKind::Decay).lr > 0;
  }
  expect(trains, "the learning rate is 0 in every iteration");
}

void check_short_plans(const Specimen& s) {
  for (const auto& [epochs, iterations] : {std::pair(1, 1), std::pair(1, 2), std::pair(2, 1), std::pair(10000, 3)}) {
    Context context = s.context();
    context.plan.epochs = epochs;
    context.plan.iterations_per_epoch = iterations;
    const auto scheduler = s.make<Scheduler>(context);
    for (const int64_t i : {int64_t{0}, context.plan.iterations() - 1})
      check_rates_at(*scheduler, progress(context.plan, i));
  }
}

void check_pure(const Specimen& s) {
  const auto forwards = s.make<Scheduler>(), backwards = s.make<Scheduler>();
  const Plan plan = s.context().plan;
  std::vector<Rates> seen;
  for (int64_t i = 0; i < plan.iterations(); ++i) seen.push_back(forwards->rates(progress(plan, i), GroupKind::Decay));
  for (int64_t i = plan.iterations() - 1; i >= 0; --i) {
    expect(equal(backwards->rates(progress(plan, i), GroupKind::Decay), seen[static_cast<size_t>(i)]), "iteration ", i,
           ": the rates depend on which iterations were asked for before");
  }
}

Metrics metrics(int64_t epoch) {
  const double value = epoch < 3 ? 0.1 * static_cast<double>(epoch) : 0.25;
  return {{"map50", value}, {"map50_95", value / 2}, {"precision", value}, {"recall", value}, {"fitness", value}};
}

// The rates from iteration `from` on; every epoch ends with an evaluation.
std::vector<Rates> follow(Scheduler& scheduler, const Plan& plan, int64_t from, int64_t to) {
  std::vector<Rates> seen;
  for (int64_t i = from; i < to; ++i) {
    for (const GroupKind group : kGroups) seen.push_back(scheduler.rates(progress(plan, i), group));
    if ((i + 1) % plan.iterations_per_epoch == 0) scheduler.observe(metrics(i / plan.iterations_per_epoch));
  }
  return seen;
}

void check_resume(const Specimen& s) {
  const Plan plan = s.context().plan;
  const int64_t cut = plan.iterations() * 6 / 10;
  const auto straight = s.make<Scheduler>(), before = s.make<Scheduler>(), after = s.make<Scheduler>();
  follow(*straight, plan, 0, cut);
  follow(*before, plan, 0, cut);
  MemoryState state;
  before->save(state);
  after->load(state);
  const auto expected = follow(*straight, plan, cut, plan.iterations()),
             found = follow(*after, plan, cut, plan.iterations());
  for (size_t i = 0; i < expected.size(); ++i) {
    expect(equal(expected[i], found[i]), "after save and load at iteration ", cut,
           " the rates differ from those of a straight run: what observe() changes must be saved");
  }
}

void check_odd_metrics(const Specimen& s) {
  const auto scheduler = s.make<Scheduler>();
  try {
    scheduler->observe({});
  } catch (const Error&) {
    // A scheduler that needs a figure may say that it is missing.
  }
  scheduler->observe({{"map50_95", std::nan("")}, {"fitness", std::nan("")}});
  check_rates_at(*scheduler, progress(s.context().plan, 9));
}

}  // namespace

Checks scheduler_checks() {
  return {{"rates", "gives finite rates and an accumulation of at least 1 over a whole plan", check_whole_plan},
          {"plans", "copes with plans of one iteration and of ten thousand epochs", check_short_plans},
          {"pure", "gives the same rates whatever was asked before", check_pure},
          {"resume", "a run that was saved and continued has the rates of a straight one", check_resume},
          {"metrics", "survives an evaluation without figures and one that is not a number", check_odd_metrics}};
}

}  // namespace cairn::conformance
