#include "train/run_state.h"

#include <algorithm>

namespace cairn {
namespace {

// A finished epoch stays finished, one under way stays under way.
int64_t position_in(const Plan& plan, int64_t position, int64_t per_epoch) {
  if (per_epoch == plan.iterations_per_epoch || position == 0) return position;
  if (position < 0 || per_epoch <= 0 || position > per_epoch) {
    fail(Code::DataLoss, "a snapshot stands at iteration ", position, " of an epoch of ", per_epoch);
  }
  if (position == per_epoch) return plan.iterations_per_epoch;
  return std::min(position, plan.iterations_per_epoch - 1);
}

}  // namespace

void RunState::add_losses(const std::vector<std::pair<std::string, double>>& losses) {
  if (loss_sums.empty()) {
    for (const auto& [name, value] : losses) loss_sums.emplace_back(name, 0.0);
  }
  for (size_t i = 0; i < losses.size(); ++i) loss_sums[i].second += losses[i].second;
  ++loss_count;
}

std::vector<std::pair<std::string, double>> RunState::mean_losses() const {
  auto means = loss_sums;
  for (auto& [name, value] : means) value /= static_cast<double>(loss_count);
  return means;
}

void RunState::advance() {
  ++at.iteration;
  ++at.position;
}

void RunState::begin_epoch() {
  ++at.epoch;
  at.position = 0;
  loss_sums.clear();
  loss_count = 0;
}

void RunState::save(StateWriter& to) const {
  to.integer("epoch", at.epoch);
  to.integer("position", at.position);
  to.integer("iterations_per_epoch", at.plan.iterations_per_epoch);
  to.integer("iteration", at.iteration);
  to.integer("step", at.step);
  to.integer("last_step_iteration", at.last_step_iteration);
  to.integer("evaluation_due", evaluation_due ? 1 : 0);
  to.integer("batches_pending", batches_pending);
  to.integer("nonfinite_in_row", nonfinite_in_row);
  if (rollbacks > 0) {  // most runs have none, and their digests stay what they always were
    to.integer("rollbacks", rollbacks);
    to.real("rate_factor", rate_factor);
    to.integer("failed_at", failed_at);
    to.integer("went_back_to", went_back_to);
  }
  to.integer("loss_count", loss_count);
  to.integer("loss_terms", static_cast<int64_t>(loss_sums.size()));
  for (size_t i = 0; i < loss_sums.size(); ++i) {
    to.text(cat("loss/", i, "/name"), loss_sums[i].first);
    to.real(cat("loss/", i, "/sum"), loss_sums[i].second);
  }
  for (const auto& [name, value] : metrics) to.real("metric/" + name, value);
  to.real("best_fitness", best_fitness);
  to.integer("best_iteration", best_iteration);
  to.integer("evaluations_without_gain", evaluations_without_gain);
}

void RunState::load(const StateReader& from) {
  at.epoch = from.integer("epoch");
  at.position = position_in(at.plan, from.integer("position"), from.integer("iterations_per_epoch"));
  at.iteration = from.integer("iteration");
  at.step = from.integer("step");
  at.last_step_iteration = from.integer("last_step_iteration");
  evaluation_due = from.integer("evaluation_due") != 0;
  batches_pending = from.integer("batches_pending");
  nonfinite_in_row = from.integer("nonfinite_in_row");
  if (from.has("rollbacks")) {
    rollbacks = from.integer("rollbacks");
    rate_factor = from.real("rate_factor");
    failed_at = from.integer("failed_at");
    went_back_to = from.integer("went_back_to");
  }
  loss_count = from.integer("loss_count");
  loss_sums.clear();
  for (int64_t i = 0, count = from.integer("loss_terms"); i < count; ++i) {
    loss_sums.emplace_back(from.text(cat("loss/", i, "/name")), from.real(cat("loss/", i, "/sum")));
  }
  metrics.clear();
  for (const std::string& name : from.names("metric")) metrics[name] = from.real("metric/" + name);
  best_fitness = from.real("best_fitness");
  best_iteration = from.integer("best_iteration");
  evaluations_without_gain = from.integer("evaluations_without_gain");
}

}  // namespace cairn
