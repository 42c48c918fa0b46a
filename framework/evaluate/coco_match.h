// Matching of one class in one picture by the COCO protocol, for one range of sizes and all ten thresholds.
#pragma once
#include <bitset>
#include <span>
#include <vector>

#include "evaluate/coco_metrics.h"

namespace cairn {

struct SizeRange {
  double low = 0, high = 1e10;  // both ends belong to it
  bool has(double area) const { return area >= low && area <= high; }
};
inline constexpr SizeRange kSizeRanges[] = {{0, 1e10}, {0, 32.0 * 32}, {32.0 * 32, 96.0 * 96}, {96.0 * 96, 1e10}};

// The targets and the surest detections of one class in one picture, with the overlaps that can matter (>= 0.5).
class CocoCell {
 public:
  // Copies what it needs. Detections: at most 100, by falling score.
  CocoCell(std::vector<CocoTarget> targets, std::vector<CocoDetection> detections);

  struct Outcome {
    std::bitset<kOverlapThresholds> matched, ignored;
  };
  // Per detection. `counted` receives the number of targets that are not ignored.
  std::vector<Outcome> match(SizeRange range, int64_t* counted) const;
  std::span<const CocoDetection> detections() const { return detections_; }

 private:
  struct Near {
    int32_t target;
    double overlap;
  };
  int32_t take(std::span<const Near> near, double threshold, const std::vector<char>& ignored,
               std::vector<char>* taken) const;

  std::vector<CocoTarget> targets_;
  std::vector<CocoDetection> detections_;
  std::vector<std::vector<Near>> near_;  // per detection, targets in file order
};

}  // namespace cairn
