#include "evaluate/fast_match.h"

namespace cairn {
namespace {

float threshold(int index) {
  return static_cast<float>(overlap_threshold(index));
}

struct Best {
  int32_t target = -1;
  float overlap = 0;
};

// The target of the detection's class that it overlaps most; the first of equal ones. `free`: empty, or 1 where usable.
Best best_target(std::span<const Box> targets, const Detection& detection, std::span<const char> free) {
  Best best;
  for (size_t t = 0; t < targets.size(); ++t) {
    if (targets[t].class_id != detection.class_id || (!free.empty() && !free[t])) continue;
    const float here = overlap(detection, targets[t]);
    if (here > best.overlap) best = {static_cast<int32_t>(t), here};
  }
  return best;
}

std::vector<Best> best_targets(std::span<const Box> targets, std::span<const Detection> detections,
                               std::span<const int32_t> order) {
  std::vector<Best> best;
  for (const int32_t d : order) best.push_back(best_target(targets, detections[d], {}));
  return best;
}

std::vector<RightAt> match_pointing(std::span<const Box> targets, const std::vector<Best>& best) {
  std::vector<RightAt> right(best.size());
  for (int k = 0; k < kOverlapThresholds; ++k) {
    std::vector<char> taken(targets.size());
    for (size_t i = 0; i < best.size(); ++i) {
      if (best[i].target < 0 || best[i].overlap < threshold(k) || taken[best[i].target]) continue;
      taken[best[i].target] = 1;
      right[i][k] = true;
    }
  }
  return right;
}

std::vector<RightAt> match_once(std::span<const Box> targets, const std::vector<Best>& best) {
  std::vector<RightAt> right(best.size());
  std::vector<char> taken(targets.size());
  for (size_t i = 0; i < best.size(); ++i) {
    if (best[i].target < 0 || !(best[i].overlap > threshold(0)) || taken[best[i].target]) continue;
    taken[best[i].target] = 1;
    for (int k = 0; k < kOverlapThresholds; ++k) right[i][k] = best[i].overlap > threshold(k);
  }
  return right;
}

std::vector<RightAt> match_free(std::span<const Box> targets, std::span<const Detection> detections,
                                std::span<const int32_t> order, const std::vector<Best>& best) {
  std::vector<RightAt> right(order.size());
  for (int k = 0; k < kOverlapThresholds; ++k) {
    std::vector<char> free(targets.size(), 1);
    for (size_t i = 0; i < order.size(); ++i) {
      if (best[i].target < 0 || best[i].overlap < threshold(k)) continue;
      const Best now = free[best[i].target] ? best[i] : best_target(targets, detections[order[i]], free);
      if (now.target < 0 || now.overlap < threshold(k)) continue;
      free[now.target] = 0;
      right[i][k] = true;
    }
  }
  return right;
}

}  // namespace

std::vector<RightAt> fast_match(std::span<const Box> targets, std::span<const Detection> detections,
                                std::span<const int32_t> order, FastRule rule) {
  const std::vector<Best> best = best_targets(targets, detections, order);
  switch (rule) {
    case FastRule::Yolov5:
      return match_pointing(targets, best);
    case FastRule::Yolov7:
      return match_once(targets, best);
    case FastRule::Ultralytics84:
      break;
  }
  return match_free(targets, detections, order, best);
}

}  // namespace cairn
