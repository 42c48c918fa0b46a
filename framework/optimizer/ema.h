// Exponential moving average of a model's state.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <cairn/state.h>

#include "model/state_entries.h"

namespace cairn {

struct EmaSettings {
  double decay = 0.9999;
  double tau = 2000;  // updates over which the decay rises
};

// average = d * average + (1 - d) * model over every floating entry, BatchNorm statistics included; integer entries
// keep the value at the copy. d = decay * (1 - exp(-update / tau)), update counted from 1. [train thread]
class Ema {
 public:
  // Starts as a copy. The tensors of `model` must stay the module's own: values may change, memory may not.
  Ema(NamedTensors model, EmaSettings settings);
  static double decay_at(int64_t update, const EmaSettings& settings);

  void update();
  int64_t updates() const { return updates_; }
  double decay_of(int64_t update) const { return decay_at(update, settings_); }
  double last_decay() const { return decay_at(updates_, settings_); }
  const NamedTensors& entries() const { return average_; }
  // Exchanges the values of model and average in place; a second call undoes it. In between there is no cut: update and
  // save are Internal errors.
  void exchange();

  // Paths: the entries' names, and "updates".
  void save(StateWriter& to) const;
  void load(const StateReader& from);

 private:
  void require_own_values(const char* what) const;

  EmaSettings settings_;
  NamedTensors model_;
  NamedTensors average_;
  int64_t updates_ = 0;
  bool exchanged_ = false;
};

// The module holds the averaged values while this lives.
class UseAverage {
 public:
  explicit UseAverage(Ema& ema) : ema_(ema) { ema_.exchange(); }
  ~UseAverage() { ema_.exchange(); }
  UseAverage(const UseAverage&) = delete;
  UseAverage& operator=(const UseAverage&) = delete;

 private:
  Ema& ema_;
};

}  // namespace cairn
