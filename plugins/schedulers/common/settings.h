// The parameters that every scheduler has: warm-up, accumulation, and what differs between the families' trainers.
#pragma once
#include <string>

#include <cairn/scheduler.h>

namespace cairn::schedulers {

struct Settings {
  double warmup_epochs = 3.0;
  int64_t warmup_min_iterations = 100;
  std::string warmup_limit = "none";
  double warmup_bias_lr = 0.1;
  double warmup_momentum = 0.8;
  double warmup_end_momentum = 0.0;
  std::string update = "epoch";
  std::string factor_epoch = "current";
  std::string accumulation_ramp = "fraction";
  std::string step_rule = "since_last";
  int64_t lr_batch = 0;
};

// For FactoryBuilder::with.
struct AddSettings {
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    return std::move(builder)
        .param("warmup_epochs", &Settings::warmup_epochs, at_least(0), unit::epochs, sweepable,
               "length of the warm-up; 0: none")
        .param("warmup_min_iterations", &Settings::warmup_min_iterations, at_least(0), unit::iterations,
               "a warm-up is never shorter than this")
        .param("warmup_limit", &Settings::warmup_limit, one_of({"none", "all_but_one_epoch"}),
               "all_but_one_epoch: the last epoch is never warm-up")
        .param("warmup_bias_lr", &Settings::warmup_bias_lr, at_least(0), "rate of the biases when the warm-up begins")
        .param("warmup_momentum", &Settings::warmup_momentum, Range{0.0, 1.0, false, true},
               "momentum when the warm-up begins")
        .param("warmup_end_momentum", &Settings::warmup_end_momentum, Range{0.0, 1.0, false, true},
               "momentum when the warm-up ends, and from then on; 0: the optimizer's own")
        .param("update", &Settings::update, one_of({"epoch", "iteration"}), "how often the curve is read")
        .param("factor_epoch", &Settings::factor_epoch, one_of({"current", "previous"}),
               "previous: from the epoch after the warm-up on the curve is one epoch late")
        .param("accumulation_ramp", &Settings::accumulation_ramp, one_of({"fraction", "integer", "reset", "none"}),
               "during the warm-up batches per step rise to nominal / batch (fraction), to its rounded value, at most "
               "all iterations (integer), to the fraction and then to the rounded value (reset), or not at all (none)")
        .param("step_rule", &Settings::step_rule, one_of({"since_last", "multiple"}),
               "a step is due so many iterations after the last one, or at every multiple")
        .param("lr_batch", &Settings::lr_batch, at_least(0), unit::images,
               "the rate is meant for this batch and scales with the real one; 0: it does not");
  }
};

}  // namespace cairn::schedulers
