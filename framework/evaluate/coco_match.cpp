#include "evaluate/coco_match.h"

#include <algorithm>

namespace cairn {
namespace {

double coco_overlap(const CocoDetection& d, const CocoTarget& t) {
  const double width = std::min(d.x + d.w, t.x + t.w) - std::max(d.x, t.x);
  const double height = std::min(d.y + d.h, t.y + t.h) - std::max(d.y, t.y);
  if (width <= 0 || height <= 0) return 0;
  const double both = width * height;
  const double all = t.crowd ? d.w * d.h : d.w * d.h + t.w * t.h - both;
  return both / all;
}

}  // namespace

CocoCell::CocoCell(std::vector<CocoTarget> targets, std::vector<CocoDetection> detections)
    : targets_(std::move(targets)), detections_(std::move(detections)), near_(detections_.size()) {
  for (size_t d = 0; d < detections_.size(); ++d) {
    for (size_t t = 0; t < targets_.size(); ++t) {
      const double overlap = coco_overlap(detections_[d], targets_[t]);
      if (overlap >= overlap_threshold(0)) near_[d].push_back({static_cast<int32_t>(t), overlap});
    }
  }
}

// Counted targets come before ignored ones, each in file order; the last of the highest overlap wins. An ignored target
// is looked at only when no counted one was found.
int32_t CocoCell::take(std::span<const Near> near, double threshold, const std::vector<char>& ignored,
                       std::vector<char>* taken) const {
  int32_t best = -1;
  for (const char pass : {0, 1}) {
    double highest = threshold;
    for (const Near& n : near) {
      if (ignored[n.target] != pass || ((*taken)[n.target] && !targets_[n.target].crowd)) continue;
      if (n.overlap < highest) continue;
      highest = n.overlap;
      best = n.target;
    }
    if (best >= 0) break;
  }
  if (best >= 0) (*taken)[best] = 1;
  return best;
}

std::vector<CocoCell::Outcome> CocoCell::match(SizeRange range, int64_t* counted) const {
  std::vector<char> ignored(targets_.size());
  for (size_t t = 0; t < targets_.size(); ++t) ignored[t] = targets_[t].crowd || !range.has(targets_[t].area);
  *counted = std::ranges::count(ignored, 0);
  std::vector<Outcome> outcomes(detections_.size());
  std::vector<char> taken;
  for (int k = 0; k < kOverlapThresholds; ++k) {
    taken.assign(targets_.size(), 0);
    for (size_t d = 0; d < detections_.size(); ++d) {
      const int32_t target = near_[d].empty() ? -1 : take(near_[d], overlap_threshold(k), ignored, &taken);
      outcomes[d].matched[k] = target >= 0;
      outcomes[d].ignored[k] = target >= 0 ? ignored[target] != 0 : !range.has(detections_[d].w * detections_[d].h);
    }
  }
  return outcomes;
}

}  // namespace cairn
