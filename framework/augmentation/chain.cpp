#include "augmentation/chain.h"

#include <algorithm>

#include "plugin/call.h"

namespace cairn {
namespace {

enum Purpose : uint64_t { kStream = 1, kDecision = 2 };

std::string stage_name(const Stage& stage) {
  return "augmentation " + stage.type;
}

void check(const Sample& sample, const Stage& stage) {
  const bool parallel = sample.polygons.empty() || sample.polygons.size() == sample.boxes.size();
  if (sample.image.empty() || sample.image.type() != CV_8UC3 || !parallel) {
    fail(Code::Internal, stage_name(stage),
         " returned a sample that breaks its contract: expected an 8-bit BGR picture and as many ",
         "polygons as boxes or none, found ", sample.image.cols, " x ", sample.image.rows, " of OpenCV type ",
         sample.image.type(), ", ", sample.boxes.size(), " boxes, ", sample.polygons.size(), " polygons");
  }
}

}  // namespace

// What all streams of one sample share.
struct Chain::Key {
  uint64_t epoch, position;
  std::vector<uint64_t> path;

  Rng stream(uint64_t seed, Purpose purpose, uint64_t type, uint64_t occurrence) const {
    std::vector<uint64_t> words{seed, epoch, position, purpose, type, occurrence};
    words.insert(words.end(), path.begin(), path.end());
    return Rng(words);
  }
  Key partner(uint64_t type, uint64_t occurrence, uint64_t number) const {
    Key key = *this;
    key.path.insert(key.path.end(), {type, occurrence, number});
    return key;
  }
};

Chain::Chain(std::vector<Stage> stages, uint64_t seed, std::function<Sample(int64_t)> base, int64_t size)
    : stages_(std::move(stages)), seed_(seed), base_(std::move(base)), size_(size) {
  if (stages_.size() > 64) fail(Code::InvalidArgument, "a chain has at most 64 augmentations, found ", stages_.size());
  for (size_t i = 0; i < stages_.size(); ++i) {
    uint64_t occurrence = 0;
    std::vector<int> after;
    for (size_t before = 0; before < i; ++before) {
      occurrence += stages_[before].type == stages_[i].type;
      if (stages_[before].type == stages_[i].only_after) after.push_back(static_cast<int>(before));
    }
    if (!stages_[i].only_after.empty() && after.empty()) {
      fail(Code::InvalidArgument, "augmentation ", i + 1, " (", stages_[i].type, "): only_after = \"",
           stages_[i].only_after, "\" names no augmentation before it");
    }
    occurrences_.push_back(occurrence);
    after_.push_back(std::move(after));
  }
}

Sample Chain::make(int64_t index, int64_t epoch, int64_t position, const AugmentContext& context) const {
  const InSample making({epoch, position, index});
  return run(index, stages_.size(), {static_cast<uint64_t>(epoch), static_cast<uint64_t>(position), {}}, context);
}

Sample Chain::run(int64_t index, size_t stage_count, const Key& key, const AugmentContext& context) const {
  Sample sample = base_(index);
  sample.index = index;
  for (size_t i = 0; i < stage_count; ++i) {
    if (wanted(i, sample, key, context)) sample = apply(i, std::move(sample), key, context);
  }
  return sample;
}

bool Chain::wanted(size_t i, const Sample& sample, const Key& key, const AugmentContext& context) const {
  const Stage& stage = stages_[i];
  if (stage.last_epochs_off > 0 && context.epoch >= context.epochs - stage.last_epochs_off) return false;
  const auto applied = [&](int before) { return sample.applied.has(before); };
  if (!after_[i].empty() && std::none_of(after_[i].begin(), after_[i].end(), applied)) return false;
  if (stage.probability >= 1) return true;
  if (stage.probability <= 0) return false;
  return key.stream(seed_, kDecision, hash_text(stage.type), occurrences_[i]).chance(stage.probability);
}

Sample Chain::apply(size_t i, Sample sample, const Key& key, const AugmentContext& context) const {
  const Stage& stage = stages_[i];
  const std::string name = stage_name(stage);
  const uint64_t type = hash_text(stage.type);
  Rng rng = key.stream(seed_, kStream, type, occurrences_[i]);
  const int count = call_plugin(name, "partners", [&] { return stage.plugin->partners(context, rng); });
  std::vector<int64_t> drawn;
  for (int number = 0; number < count; ++number) drawn.push_back(rng.below(size_));
  std::vector<Sample> partners;
  partners.reserve(drawn.size());
  for (size_t number = 0; number < drawn.size(); ++number) {
    partners.push_back(run(drawn[number], i, key.partner(type, occurrences_[i], number), context));
  }
  const Applied applied = sample.applied;
  const int64_t index = sample.index;
  sample = call_plugin(name, "apply", [&] { return stage.plugin->apply(std::move(sample), partners, context, rng); });
  check(sample, stage);
  sample.applied = applied;
  sample.applied.set(static_cast<int>(i));
  sample.index = index;
  return sample;
}

}  // namespace cairn
