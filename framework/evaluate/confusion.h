// The confusion matrix of detections: rows predicted, columns true, the last index is the background.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evaluate/detection.h"
#include "evaluate/fast_ap.h"

namespace cairn {

// Yolov5 counts false positives only in pictures where a pair matched (also YOLOv7, YOLOv9); Ultralytics81 in addition
// in pictures without targets; Ultralytics84 all of them, and matches in order of score.
enum class ConfusionRule { Yolov5, Ultralytics81, Ultralytics84 };
std::string_view name_of(ConfusionRule rule);
ConfusionRule confusion_rule_from(std::string_view name);

class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes, ConfusionRule rule = ConfusionRule::Ultralytics84, float confidence = 0.25f,
                           float iou = 0.45f);  // both strict: above counts
  void add(const EvaluatedImage& image);
  int size() const { return size_; }  // classes + 1
  int64_t at(int predicted, int truth) const { return counts_[static_cast<size_t>(predicted) * size_ + truth]; }
  std::vector<double> normalized() const;  // every column divided by its sum; row by row; NaN in empty columns

 private:
  struct Pair {
    int32_t target, detection;
    float iou;
  };
  std::vector<Pair> match_by_pointing(std::span<const Box> targets, std::span<const Detection> sure) const;
  std::vector<Pair> match_by_score(std::span<const Box> targets, std::span<const Detection> sure) const;
  void count(int predicted, int truth);

  int size_;
  ConfusionRule rule_;
  float confidence_, iou_;
  std::vector<int64_t> counts_;
};

}  // namespace cairn
