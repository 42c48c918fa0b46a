#include "yolov6/loss.h"

#include "common/varifocal.h"

namespace cairn::models {

YoloV6LossRule yolov6_loss_rule(Overlap overlap) {
  YoloV6LossRule rule;
  rule.aligned.topk = 13;
  rule.aligned.alpha = 1;
  rule.aligned.beta = 6;
  rule.aligned.iou = {Overlap::Iou, 1e-9, false, false};
  rule.aligned.contenders = Contenders::All;
  rule.iou = {overlap, 1e-10, true, false};
  return rule;
}

double yolov6_divisor(const YoloV6LossRule& rule, const Assignment& assignment) {
  return assignment.score_sum > rule.least_sum ? assignment.score_sum : 1;
}

YoloV6Terms yolov6_box_loss(const YoloV6LossRule& rule, const Positives& positives, double divisor) {
  YoloV6Terms terms;
  const at::Tensor overlap = iou(positives.predicted(), positives.corners_N4, rule.iou);
  terms.iou = ((1 - overlap) * positives.scores_N).sum() * (rule.iou_gain / divisor);
  if (positives.bins_N4K.size(-1) == 1) {
    terms.dfl = at::zeros({}, positives.scores_N.options());
  } else {
    const at::Tensor entropy = distribution_cross_entropy(positives.bins_N4K, positives.distances());
    terms.dfl = (entropy * positives.scores_N).sum() * (rule.dfl_gain / divisor);
  }
  return terms;
}

YoloV6Terms yolov6_loss(const YoloV6LossRule& rule, const DistributionMaps& maps, const Positives& positives,
                        double divisor) {
  YoloV6Terms terms = yolov6_box_loss(rule, positives, divisor);
  Tensors logits;
  for (const at::Tensor& map : maps.classes) logits.push_back(at_least_float(map));
  terms.cls = varifocal_loss(logits, positives.logits_N, positives.scores_N) * (rule.cls_gain / divisor);
  return terms;
}

}  // namespace cairn::models
