// Which anchors could answer for which objects, from shapes and positions alone (YOLOv5, and the candidates of v7's
// assignment).
#pragma once
#include <vector>

#include <cairn/model.h>

#include "common/anchors.h"
#include "common/grid.h"

namespace cairn::models {

// [value] A row of a level: `object` is the row in the batch's targets.
struct AnchorMatch {
  int64_t image = 0, anchor = 0, row = 0, column = 0, object = 0;
  bool operator==(const AnchorMatch&) const = default;
};
// Per level, in an order that matters where several rows share a cell. At most 5 x A rows per object and level; making
// them takes at most kMatchBytes for each of these.
inline constexpr size_t kMatchBytes = 160;
using AnchorMatches = std::vector<std::vector<AnchorMatch>>;

// The objects of a batch on the host, as they come: normalised centres and sizes, float32.
class AnchorObjects {
 public:
  // What is wrong with rows is InvalidArgument, as for Objects.
  AnchorObjects(const Targets& targets, int64_t classes);
  int64_t size() const { return static_cast<int64_t>(labels_.size()); }
  int64_t images() const { return images_; }
  int64_t image(int64_t object) const { return static_cast<int64_t>(row(object)[0]); }
  int64_t label(int64_t object) const { return labels_[static_cast<size_t>(object)]; }
  const float* box(int64_t object) const { return row(object) + 2; }  // x, y, width, height

 private:
  const float* row(int64_t object) const { return rows_.data() + 6 * object; }
  std::vector<float> rows_;
  std::vector<int64_t> labels_;
  int64_t images_ = 0;
};

// neighbours: cells beside the object's own count when its centre is nearer to them than this, in cells. 0.5 gives up
// to two more cells, 1 gives four.
struct MatchRule {
  double max_ratio = 4;  // of a side to the anchor's, or the other way round; strict
  double neighbours = 0.5;
};

// In float32, like the published code, whose comparisons at cells' borders depend on it. Order: own cells, then left,
// upper, right, lower neighbours; within these anchor after anchor, object after object.
AnchorMatches match_anchors(const MatchRule& rule, const Grid& grid, const AnchorTable& anchors,
                            const AnchorObjects& objects);

}  // namespace cairn::models
