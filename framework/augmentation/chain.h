// Runs the augmentations of a pipeline in order. A sample is a function of (seed, epoch, position): nothing else.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <cairn/augmentation.h>

namespace cairn {

// One [[augmentation]] with the keys that belong to the host.
struct Stage {
  std::shared_ptr<const Augmentation> plugin;  // co-owned by the chains of training and evaluation
  std::string type;
  double probability = 1.0;
  int64_t last_epochs_off = 0;  // off in this many epochs at the end; a run shorter than that never applies it
  std::string only_after;       // applied only to samples to which a stage of this type was applied before
};

// Streams: a stage's own is keyed by (seed, epoch, position, path, type, occurrence of the type in the chain); the
// host's decision whether to apply it by the same with another tag. The path is empty for the sample itself and grows
// by (type, occurrence, number) for each partner, so partners are random of their own. A stage draws, in this order:
// what partners() draws, one index in [0, size) per partner, what apply() draws.
class Chain {
 public:
  // At most 64 stages. An only_after that names no earlier stage is InvalidArgument.
  Chain(std::vector<Stage> stages, uint64_t seed, std::function<Sample(int64_t index)> base, int64_t size);
  // [worker, concurrent] `context` says epoch and epochs for last_epochs_off; `epoch` and `position` are the random
  // key.
  Sample make(int64_t index, int64_t epoch, int64_t position, const AugmentContext& context) const;
  const std::vector<Stage>& stages() const { return stages_; }

 private:
  struct Key;
  Sample run(int64_t index, size_t stage_count, const Key& key, const AugmentContext& context) const;
  Sample apply(size_t stage, Sample sample, const Key& key, const AugmentContext& context) const;
  bool wanted(size_t stage, const Sample& sample, const Key& key, const AugmentContext& context) const;

  std::vector<Stage> stages_;
  std::vector<uint64_t> occurrences_;    // of each stage's type before it
  std::vector<std::vector<int>> after_;  // stages that only_after means; empty when there is no such condition
  uint64_t seed_;
  std::function<Sample(int64_t)> base_;
  int64_t size_;
};

}  // namespace cairn
