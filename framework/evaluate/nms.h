// From scored boxes to detections, on plain memory. No clock: work is bounded by counts. Ties in score keep the lower
// index.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/detection.h"

namespace cairn {

struct PostprocessOptions {
  float confidence = 0.001f;  // strict: a score must be above
  double iou = 0.7;           // strict: a box falls when its IoU with a kept one is above
  int64_t max_candidates = 30000;
  int64_t max_detections = 300;
  bool multi_label = true;      // every class above the confidence; else the best class only (ties: the lower)
  bool class_agnostic = false;  // else boxes suppress each other only inside a class, classes compared directly
};

// Candidates must come by falling score. The indices that stay, at most options.max_detections. Two boxes of no area
// have an undefined overlap, which suppresses nothing.
std::vector<int32_t> nms(std::span<const Detection> candidates, double iou, int64_t max_detections,
                         bool class_agnostic);

// One picture. `rows`: count x (4 + classes) floats, x1 y1 x2 y2 and the class scores (objectness multiplied in).
// A score that is not finite never becomes a candidate.
Detections postprocess_rows(std::span<const float> rows, int64_t count, int64_t classes,
                            const PostprocessOptions& options);

// For models that need no NMS (YOLOv10): the max_detections boxes of highest best score, then the max_detections best
// (box, class) pairs among them; a box may appear under several classes. Only scores above the confidence.
Detections top_k_rows(std::span<const float> rows, int64_t count, int64_t classes, const PostprocessOptions& options);

}  // namespace cairn
