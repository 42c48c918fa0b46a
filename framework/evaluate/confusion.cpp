#include "evaluate/confusion.h"

#include <algorithm>
#include <limits>

#include <cairn/error.h>

namespace cairn {
namespace {

constexpr ConfusionRule kRules[] = {ConfusionRule::Yolov5, ConfusionRule::Ultralytics81, ConfusionRule::Ultralytics84};

std::vector<Box> without_crowds(const std::vector<Box>& targets) {
  std::vector<Box> kept;
  std::ranges::copy_if(targets, std::back_inserter(kept), [](const Box& box) { return !(box.flags & kCrowd); });
  return kept;
}

}  // namespace

std::string_view name_of(ConfusionRule rule) {
  switch (rule) {
    case ConfusionRule::Yolov5:
      return "yolov5";
    case ConfusionRule::Ultralytics81:
      return "ultralytics-8.1";
    case ConfusionRule::Ultralytics84:
      break;
  }
  return "ultralytics-8.4";
}

ConfusionRule confusion_rule_from(std::string_view name) {
  for (const ConfusionRule rule : kRules) {
    if (name_of(rule) == name) return rule;
  }
  fail(Code::InvalidArgument, "unknown rule of the confusion matrix \"", name,
       "\": expected yolov5, ultralytics-8.1 or ultralytics-8.4");
}

ConfusionMatrix::ConfusionMatrix(int classes, ConfusionRule rule, float confidence, float iou)
    : size_(classes + 1),
      rule_(rule),
      confidence_(confidence),
      iou_(iou),
      counts_(static_cast<size_t>(size_) * static_cast<size_t>(size_)) {}

// Every detection points at the target it overlaps most; a target takes the pointing one of highest overlap.
std::vector<ConfusionMatrix::Pair> ConfusionMatrix::match_by_pointing(std::span<const Box> targets,
                                                                      std::span<const Detection> sure) const {
  std::vector<Pair> best_of(targets.size(), Pair{-1, -1, iou_});
  for (size_t d = 0; d < sure.size(); ++d) {
    Pair best{-1, static_cast<int32_t>(d), iou_};
    for (size_t t = 0; t < targets.size(); ++t) {
      const float here = overlap(sure[d], targets[t]);
      if (here > best.iou) best = {static_cast<int32_t>(t), static_cast<int32_t>(d), here};
    }
    if (best.target >= 0 && best.iou > best_of[best.target].iou) best_of[best.target] = best;
  }
  std::erase_if(best_of, [](const Pair& pair) { return pair.target < 0; });
  return best_of;
}

std::vector<ConfusionMatrix::Pair> ConfusionMatrix::match_by_score(std::span<const Box> targets,
                                                                   std::span<const Detection> sure) const {
  std::vector<Pair> pairs;
  std::vector<char> taken(targets.size());
  for (const int32_t d : by_falling_score(sure)) {
    Pair best{-1, d, iou_};
    for (size_t t = 0; t < targets.size(); ++t) {
      const float here = taken[t] ? 0 : overlap(sure[d], targets[t]);
      if (here > best.iou) best = {static_cast<int32_t>(t), d, here};
    }
    if (best.target < 0) continue;
    taken[best.target] = 1;
    pairs.push_back(best);
  }
  return pairs;
}

void ConfusionMatrix::add(const EvaluatedImage& image) {
  const std::vector<Box> targets = without_crowds(image.targets);
  Detections sure;
  std::ranges::copy_if(image.detections, std::back_inserter(sure),
                       [this](const Detection& d) { return d.score > confidence_; });
  const auto pairs =
      rule_ == ConfusionRule::Ultralytics84 ? match_by_score(targets, sure) : match_by_pointing(targets, sure);
  std::vector<char> target_used(targets.size()), detection_used(sure.size());
  const int background = size_ - 1;
  for (const Pair& pair : pairs) {
    target_used[pair.target] = detection_used[pair.detection] = 1;
    count(sure[pair.detection].class_id, targets[pair.target].class_id);
  }
  for (size_t t = 0; t < targets.size(); ++t) {
    if (!target_used[t]) count(background, targets[t].class_id);
  }
  const bool surplus_counts = rule_ == ConfusionRule::Ultralytics84 || !pairs.empty() ||
                              (rule_ == ConfusionRule::Ultralytics81 && targets.empty());
  for (size_t d = 0; surplus_counts && d < sure.size(); ++d) {
    if (!detection_used[d]) count(sure[d].class_id, background);
  }
}

void ConfusionMatrix::count(int predicted, int truth) {
  if (predicted < 0 || truth < 0 || predicted >= size_ || truth >= size_) {
    fail(Code::Internal, "class ", predicted, " or ", truth, " of ", size_ - 1, " in the confusion matrix");
  }
  counts_[static_cast<size_t>(predicted) * size_ + truth] += 1;
}

std::vector<double> ConfusionMatrix::normalized() const {
  std::vector<double> shares(counts_.size(), std::numeric_limits<double>::quiet_NaN());
  for (int truth = 0; truth < size_; ++truth) {
    int64_t sum = 0;
    for (int predicted = 0; predicted < size_; ++predicted) sum += at(predicted, truth);
    for (int predicted = 0; sum > 0 && predicted < size_; ++predicted) {
      shares[static_cast<size_t>(predicted) * size_ + truth] =
          static_cast<double>(at(predicted, truth)) / static_cast<double>(sum);
    }
  }
  return shares;
}

}  // namespace cairn
