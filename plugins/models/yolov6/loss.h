// YOLOv6's loss: varifocal classes, an overlap of boxes, optionally a distribution of distances.
#pragma once
#include "common/atss.h"
#include "common/positives.h"

namespace cairn::models {

struct YoloV6LossRule {
  TaskAlignedRule aligned;
  AtssRule adaptive;
  IouRule iou;
  double iou_gain = 2.5, cls_gain = 1, dfl_gain = 0.5;
  double least_sum = 1;  // the sum of target scores divides the terms when it is larger than this
};

// The rule for boxes in cells and the assigner's, with the small numbers of the published code.
YoloV6LossRule yolov6_loss_rule(Overlap overlap);

// Gains are in; there is no batch factor. Every term belongs to the graph of every map.
struct YoloV6Terms {
  at::Tensor iou, dfl, cls;
  at::Tensor sum() const { return iou + dfl + cls; }
};

// S = sum of target scores, or 1 when it is not larger than least_sum.
double yolov6_divisor(const YoloV6LossRule& rule, const Assignment& assignment);
// cls is left undefined.
YoloV6Terms yolov6_box_loss(const YoloV6LossRule& rule, const Positives& positives, double divisor);
// cls: varifocal_loss() / S. iou: sum over positives of (1 - iou) * target score, / S, boxes in units of the stride.
// dfl: sum over positives of cross entropy * target score, / S; 0 for plain distances.
// Float32, or float64 for such maps.
YoloV6Terms yolov6_loss(const YoloV6LossRule& rule, const DistributionMaps& maps, const Positives& positives,
                        double divisor);

}  // namespace cairn::models
