// What Model::decode returns -> detections per picture. Axes: B batch, N rows, C 4 + classes.
#pragma once
#include <vector>

#include <ATen/core/Tensor.h>

#include "evaluate/nms.h"

namespace cairn {

enum class Suppression { Nms, TopK };  // TopK: the model's needs_nms() is false

// predictions_BNC: [B, N, 4 + classes], x1 y1 x2 y2 in pixels of the network's input, then scores; any floating type,
// any device (one copy to the CPU). One entry per picture, by falling score. A wrong shape is InvalidArgument.
std::vector<Detections> postprocess(const at::Tensor& predictions_BNC, Suppression suppression,
                                    const PostprocessOptions& options);

}  // namespace cairn
