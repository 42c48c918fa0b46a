#include "evaluate/nms.h"

#include <algorithm>
#include <cmath>

namespace cairn {
namespace {

struct Candidate {
  float score;
  int32_t row, class_id;
};

// By falling score; equal scores by row, then class. The order is total, so any sort gives the same list.
bool surer(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.row != b.row ? a.row < b.row : a.class_id < b.class_id;
}

void keep_surest(std::vector<Candidate>* candidates, int64_t count) {
  const auto keep = static_cast<size_t>(std::max<int64_t>(count, 0));
  if (candidates->size() > keep) {
    std::ranges::nth_element(*candidates, candidates->begin() + static_cast<std::ptrdiff_t>(keep), surer);
    candidates->resize(keep);
  }
  std::ranges::sort(*candidates, surer);
}

Candidate best_of_row(const float* scores, int32_t row, int64_t classes) {
  int32_t best = 0;
  for (int32_t c = 1; c < classes; ++c) {
    if (scores[c] > scores[best] || std::isnan(scores[best])) best = c;
  }
  return {scores[best], row, best};
}

Detections to_detections(std::span<const float> rows, int64_t width, const std::vector<Candidate>& candidates) {
  Detections detections;
  detections.reserve(candidates.size());
  for (const Candidate& c : candidates) {
    const float* box = rows.data() + c.row * width;
    detections.push_back({box[0], box[1], box[2], box[3], c.score, c.class_id});
  }
  return detections;
}

struct Kept {
  float x1, y1, x2, y2, area;
};

bool suppressed(const Kept& box, const std::vector<Kept>& kept, double iou) {
  for (const Kept& other : kept) {
    const float width = std::min(box.x2, other.x2) - std::max(box.x1, other.x1);
    const float height = std::min(box.y2, other.y2) - std::max(box.y1, other.y1);
    if (width <= 0 || height <= 0) continue;
    const float both = width * height;
    if (static_cast<double>(both / (box.area + other.area - both)) > iou) return true;
  }
  return false;
}

bool finite(const float* box) {
  return std::isfinite(box[0]) && std::isfinite(box[1]) && std::isfinite(box[2]) && std::isfinite(box[3]);
}

}  // namespace

std::vector<int32_t> nms(std::span<const Detection> candidates, double iou, int64_t max_detections,
                         bool class_agnostic) {
  int32_t groups = 1;
  for (const Detection& d : candidates) groups = class_agnostic ? 1 : std::max(groups, d.class_id + 1);
  std::vector<std::vector<Kept>> kept(groups);
  std::vector<int32_t> indices;
  for (size_t i = 0; i < candidates.size() && static_cast<int64_t>(indices.size()) < max_detections; ++i) {
    const Detection& d = candidates[i];
    const Kept box{d.x1, d.y1, d.x2, d.y2, d.width() * d.height()};
    std::vector<Kept>& rivals = kept[class_agnostic ? 0 : d.class_id];
    if (suppressed(box, rivals, iou)) continue;
    rivals.push_back(box);
    indices.push_back(static_cast<int32_t>(i));
  }
  return indices;
}

Detections postprocess_rows(std::span<const float> rows, int64_t count, int64_t classes,
                            const PostprocessOptions& options) {
  const int64_t width = 4 + classes;
  std::vector<Candidate> candidates;
  for (int32_t row = 0; row < count; ++row) {
    const float* box = rows.data() + row * width;
    const float* scores = box + 4;
    const auto offer = [&](const Candidate& c) {
      if (c.score > options.confidence && std::isfinite(c.score) && finite(box)) candidates.push_back(c);
    };
    if (!options.multi_label) {
      offer(best_of_row(scores, row, classes));
      continue;
    }
    for (int32_t c = 0; c < classes; ++c) offer({scores[c], row, c});
  }
  keep_surest(&candidates, options.max_candidates);
  const Detections sorted = to_detections(rows, width, candidates);
  Detections kept;
  for (const int32_t i : nms(sorted, options.iou, options.max_detections, options.class_agnostic)) {
    kept.push_back(sorted[i]);
  }
  return kept;
}

Detections top_k_rows(std::span<const float> rows, int64_t count, int64_t classes, const PostprocessOptions& options) {
  const int64_t width = 4 + classes;
  std::vector<Candidate> boxes;
  for (int32_t row = 0; row < count; ++row) {
    const float* box = rows.data() + row * width;
    const Candidate best = best_of_row(box + 4, row, classes);
    if (std::isfinite(best.score) && finite(box)) boxes.push_back(best);
  }
  keep_surest(&boxes, options.max_detections);
  std::vector<Candidate> pairs;
  for (const Candidate& box : boxes) {
    const float* scores = rows.data() + box.row * width + 4;
    for (int32_t c = 0; c < classes; ++c) {
      if (scores[c] > options.confidence && std::isfinite(scores[c])) pairs.push_back({scores[c], box.row, c});
    }
  }
  keep_surest(&pairs, options.max_detections);
  return to_detections(rows, width, pairs);
}

}  // namespace cairn
