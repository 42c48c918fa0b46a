// The twelve figures of the COCO benchmark for boxes (Lin et al., "Microsoft COCO", 2014; protocol of the COCO
// evaluation page), in float64. Figures without any counted target are -1.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evaluate/detection.h"

namespace cairn {

inline constexpr int kOverlapThresholds = 10;  // 0.50 to 0.95 in steps of 0.05
double overlap_threshold(int index);

struct CocoTarget {
  double x = 0, y = 0, w = 0, h = 0;  // pixels, left top corner and size
  double area = 0;                    // of the annotation: a mask's may be smaller than w * h
  int32_t class_id = 0;               // index in the rising order of category ids
  bool crowd = false;
};

struct CocoDetection {
  double x = 0, y = 0, w = 0, h = 0;
  double score = 0;
  int32_t class_id = 0;
};

// Detections in the order of their file: equal scores keep it.
struct CocoImage {
  std::vector<CocoTarget> targets;
  std::vector<CocoDetection> detections;
};

struct CocoFigures {
  double ap = -1, ap50 = -1, ap75 = -1, ap_small = -1, ap_medium = -1, ap_large = -1;
  double ar1 = -1, ar10 = -1, ar100 = -1, ar_small = -1, ar_medium = -1, ar_large = -1;
  bool operator==(const CocoFigures&) const = default;
};
struct NamedFigure {
  std::string_view name;  // "AP", "AP50", ... "ARl"
  double CocoFigures::*value;
};
std::span<const NamedFigure> coco_figure_names();  // the twelve, in the benchmark's order

struct CocoResult {
  CocoFigures mean;                                                // over thresholds and the classes that have targets
  std::vector<CocoFigures> classes;                                // one per class
  std::vector<std::array<double, kOverlapThresholds>> thresholds;  // AP per class and threshold
};

// Images in rising order of their ids. Class ids outside [0, classes) are Internal.
CocoResult coco_metrics(std::span<const CocoImage> images, int classes);

CocoImage to_coco(const EvaluatedImage& image);

}  // namespace cairn
