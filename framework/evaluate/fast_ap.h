// The AP that the YOLO trainers print after every epoch, under the three rules in use. Not the COCO figure: AP is the
// integral of a linearly interpolated curve, all detections of a picture count, crowds do not exist.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "evaluate/coco_metrics.h"
#include "evaluate/curves.h"
#include "evaluate/detection.h"

namespace cairn {

// Yolov5: YOLOv5, YOLOv9, and Ultralytics 8.1 (YOLOv8, YOLOv10). Yolov7: YOLOv7. Ultralytics84: Ultralytics 8.4.
enum class FastRule { Yolov5, Yolov7, Ultralytics84 };
inline constexpr FastRule kFastRules[] = {FastRule::Yolov5, FastRule::Yolov7, FastRule::Ultralytics84};
std::string_view name_of(FastRule rule);                       // "yolov5", "yolov7", "ultralytics-8.4"
FastRule fast_rule_from(std::string_view name);                // InvalidArgument lists the three
double fitness(FastRule rule, double map50, double map50_95);  // what chooses the best weights

struct FastClass {
  int32_t class_id = 0;
  int64_t images = 0, targets = 0, detections = 0;  // images: those with a target of the class
  double precision = 0, recall = 0, f1 = 0;         // at IoU 0.5 and the confidence of the highest mean F1
  double ap50 = 0, ap50_95 = 0;
  std::array<double, kOverlapThresholds> ap{};
};

// Means over the classes that have targets; zeros when no detection is right at any threshold.
struct FastAp {
  bool any_true_positive = false;
  std::vector<FastClass> classes;  // those with targets, rising id
  double precision = 0, recall = 0, f1 = 0, map50 = 0, map75 = 0, map50_95 = 0;
  int best_index = 0;  // of kCurvePoints confidences
  double best_confidence = 0;
  Curves curves;
};

// Images in rising order of their ids, for the order of ties. Class ids outside [0, classes) are Internal.
FastAp fast_ap(std::span<const EvaluatedImage> images, int classes, FastRule rule);

}  // namespace cairn
