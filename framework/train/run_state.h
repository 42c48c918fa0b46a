// The counters of a run: what the host itself changes in an iteration. Belongs to state/ and enters the digest.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <cairn/progress.h>
#include <cairn/scheduler.h>
#include <cairn/state.h>

namespace cairn {

struct RunState {
  Progress at;                  // of the next iteration; its plan is not saved
  bool evaluation_due = false;  // at this cut, before the next iteration
  int64_t batches_pending = 0;  // whose gradients no step has used yet
  int64_t nonfinite_in_row = 0;
  int64_t rollbacks = 0;     // to a snapshot, since the run began, because a loss was not finite
  double rate_factor = 1;    // of every learning rate; lower after each rollback
  int64_t failed_at = -1;    // the highest iteration whose loss led to a rollback
  int64_t went_back_to = 0;  // by the newest rollback
  std::vector<std::pair<std::string, double>> loss_sums;  // over the iterations of this epoch
  int64_t loss_count = 0;
  Metrics metrics;  // of the newest evaluation
  double best_fitness = -1;
  int64_t best_iteration = -1;
  int64_t evaluations_without_gain = 0;

  void add_losses(const std::vector<std::pair<std::string, double>>& losses);
  std::vector<std::pair<std::string, double>> mean_losses() const;
  void advance();  // past the iteration that has just run; into the next epoch only when begin_epoch() is called
  // Positions count iterations of the plan in force; load() carries one of another plan over.
  bool epoch_done() const { return at.position == at.plan.iterations_per_epoch; }
  void begin_epoch();

  void save(StateWriter& to) const;
  void load(const StateReader& from);
};

}  // namespace cairn
