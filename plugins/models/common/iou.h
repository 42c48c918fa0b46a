// Overlap of boxes, as tensors with gradients (losses) and as plain numbers (assigners).
#pragma once
#include <ATen/ATen.h>

namespace cairn::models {

// Iou: intersection / union. Giou: Rezatofighi et al. 2019. Diou, Ciou: Zheng et al. 2020. Siou: Gevorgyan 2022.
enum class Overlap { Iou, Giou, Diou, Ciou, Siou };

// Where a family puts its small number.
struct IouRule {
  Overlap overlap = Overlap::Ciou;
  double eps = 1e-7;       // added to the union and to the enclosing box
  bool height_eps = true;  // added to both heights (never to the widths)
  bool ratio_eps = false;  // added once more to the heights inside the arc tangents
};

// Corners [N, 4] each, any unit -> [N]. The aspect weight of Ciou carries no gradient.
at::Tensor iou(const at::Tensor& a_N4, const at::Tensor& b_N4, const IouRule& rule);
// Plain intersection over union of all pairs, [N, 4] and [M, 4] -> [N, M], no small number.
at::Tensor pairwise_iou(const at::Tensor& a_N4, const at::Tensor& b_M4);

// [value]
struct Corners {
  double x1, y1, x2, y2;
};
// Iou and Ciou with the rule's small numbers; the others are InvalidArgument.
double iou(const Corners& a, const Corners& b, const IouRule& rule);

at::Tensor corners_from_centre(const at::Tensor& xywh_N4);
at::Tensor centre_from_corners(const at::Tensor& xyxy_N4);

}  // namespace cairn::models
