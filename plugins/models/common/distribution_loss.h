// The loss of a head with distributed boxes and task-aligned targets: YOLOv8, v9 and v10, per head.
#pragma once
#include "common/distribution.h"
#include "common/task_aligned.h"

namespace cairn::models {

struct DistributionLossRule {
  TaskAlignedRule assigner;
  IouRule iou;
  double box_gain = 7.5, cls_gain = 0.5, dfl_gain = 1.5;
  std::vector<double> strides;
};

// Gains are in, the batch size is not. Every term belongs to the graph of every map, so that all gradients exist.
struct DistributionTerms {
  at::Tensor box, cls, dfl;
  Assignment assignment;
  at::Tensor sum() const { return box + cls + dfl; }
};

// S = max(sum of target scores, 1).
// cls: sum over images, anchors, classes of BCE with logits against the target scores, / S.
// box: sum over positives of (1 - iou) * target score, / S, boxes in units of the stride.
// dfl: sum over positives of cross entropy * target score, / S.
// Computed in float32, or float64 for such maps; nothing of the size of the class targets is built.
DistributionTerms distribution_loss(const DistributionLossRule& rule, const DistributionMaps& maps,
                                    const Targets& targets);

// The values of `train.assignment` of a golden file.
Table describe(const Assignment& assignment, const Objects& objects);
Objects objects_for(const DistributionLossRule& rule, const DistributionMaps& maps, const Targets& targets);

}  // namespace cairn::models
