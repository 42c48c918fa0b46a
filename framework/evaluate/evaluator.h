// Collects the pictures of an evaluation and computes every figure at the end. [train thread]
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <cairn/context.h>

#include "evaluate/coco_metrics.h"
#include "evaluate/confusion.h"
#include "evaluate/detection.h"
#include "evaluate/fast_ap.h"

namespace cairn {

struct EvaluatorOptions {
  FastRule rule = FastRule::Yolov5;  // also chooses the formula of the fitness
  ConfusionRule confusion = ConfusionRule::Ultralytics84;
};

// Fast figures, then the twelve of COCO under names that begin with "coco_".
struct EvaluationMetrics {
  double map50 = 0, map50_95 = 0, map75 = 0;
  double precision = 0, recall = 0, f1 = 0, confidence = 0;  // at the confidence of the highest mean F1
  double fitness = 0;
  CocoFigures coco;
  // "map50", "map50_95", "map75", "precision", "recall", "f1", "confidence", "fitness", "coco_ap", "coco_ap50", ...
  std::vector<std::pair<std::string, double>> rows() const;
};

struct EvaluationResult {
  ClassNames names;
  int64_t images = 0, targets = 0, detections = 0;  // targets without crowds
  EvaluationMetrics metrics;
  FastAp fast;  // per class: fast.classes, and the curves
  CocoResult coco;
  ConfusionMatrix confusion{0};
};

class Evaluator {
 public:
  Evaluator(EvaluatorOptions options, ClassNames names);
  // Boxes in pixels of the file. Each image id once, in any order: finish() sorts by it. A class id outside the names
  // is InvalidArgument. Detections whose box or score is not finite are InvalidArgument as well.
  void add(int64_t image_id, Detections detections, std::vector<Box> targets);
  // Detections in pixels of the network's input, brought back by the mapping first.
  void add(int64_t image_id, Detections detections, const Mapping& mapping, std::vector<Box> targets);
  int64_t images() const { return static_cast<int64_t>(images_.size()); }
  EvaluationResult finish();  // leaves the evaluator empty, ready for the next evaluation

 private:
  EvaluatorOptions options_;
  ClassNames names_;
  std::vector<EvaluatedImage> images_;
};

// For people, one row for all and one per class; ends with a line end.
std::string table_text(const EvaluationResult& result);

}  // namespace cairn
