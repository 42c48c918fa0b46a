// The loss of an anchor-based head, given its matches: CIoU of the matched boxes, objectness of all cells, classes of
// the matched cells (YOLOv5, v7).
#pragma once
#include "common/anchor_matches.h"
#include "common/iou.h"
#include "common/layer.h"

namespace cairn::models {

struct AnchorLossRule {
  std::vector<double> strides;
  double box_gain = 0.05, obj_gain = 1, cls_gain = 0.5;  // scaled() already
  double cls_positive = 1, obj_positive = 1;             // weights of positive targets in the cross entropies
  double focal_gamma = 0;                                // 0: plain cross entropy
  double label_smoothing = 0;
  IouRule iou;
};

// Gains for the number of levels, of classes, and the image size: box 3/L, cls 3/L x classes/80, obj 3/L x
// (size/640)^2.
void scale_gains(AnchorLossRule& rule, int64_t classes, int64_t image_size);
// What a level's objectness counts: 4, 1, 0.4 for three levels, otherwise 4, 1, 0.25, 0.06, 0.02.
std::vector<double> level_balance(size_t levels);

// Means of one level, without gains. All scalars of the type of the loss.
struct AnchorLevelTerms {
  at::Tensor obj;        // over all cells and anchors; target: the largest of CIoU and 0, of the last row of each cell
  at::Tensor box, cls;   // over the matches; undefined without any, cls also for a single class
  at::Tensor overlap_U;  // the objectness targets that were set, detached
};
// One entry per level. `objects` are those of which the matches speak. Holds, beside a few tensors of the size of one
// anchor channel, rows x (5 + classes).
std::vector<AnchorLevelTerms> anchor_level_terms(const AnchorLossRule& rule, const Tensors& maps,
                                                 const AnchorTable& anchors, const AnchorObjects& objects,
                                                 const AnchorMatches& matches);

struct AnchorTerms {
  at::Tensor box, obj, cls;
  at::Tensor sum() const { return box + obj + cls; }
};
// Adds a level's terms, times `weight`, objectness also times the level's balance; still without gains.
void accumulate(AnchorTerms& sums, const std::vector<AnchorLevelTerms>& levels, const std::vector<double>& balance,
                double weight = 1);
AnchorTerms with_gains(const AnchorTerms& sums, const AnchorLossRule& rule);

// The anchors of a cell and the classes of a map, from its channels.
int64_t classes_of(const at::Tensor& map, const AnchorTable& anchors);

}  // namespace cairn::models
