// The small towers of heads: some convolutions, then a plain 1x1 with a bias.
#pragma once
#include "common/convolution.h"

namespace cairn::models {

// Conv 3x3 in->width, Conv 3x3 width->width, 1x1 width->out. `groups` holds for the last two.
std::vector<std::shared_ptr<Block>> plain_branch(int64_t in, int64_t width, int64_t out, int64_t groups = 1);
// The plain 1x1 at the end of every branch, level after level.
std::vector<Convolution*> outputs_of(Branches& branches);
// Bias of the boxes' outputs, and of the classes' by class_prior() with 5 objects an image.
void set_prior(Branches& boxes, Branches& classes, const std::vector<double>& strides, double box_bias);

}  // namespace cairn::models
