#include "common/branches.h"

#include <ATen/ATen.h>

#include "common/initialise.h"

namespace cairn::models {

std::vector<std::shared_ptr<Block>> plain_branch(int64_t in, int64_t width, int64_t out, int64_t groups) {
  return {std::make_shared<Conv>(in, width, 3), std::make_shared<Conv>(width, width, 3, 1, Activation::SiLU, groups),
          std::make_shared<Convolution>(width, out, 1, 1, Bias::Yes, groups)};
}

std::vector<Convolution*> outputs_of(Branches& branches) {
  std::vector<Convolution*> outputs;
  for (size_t level = 0; level < branches.size(); ++level) {
    outputs.push_back(&dynamic_cast<Convolution&>(branches[level].back()));
  }
  return outputs;
}

void set_prior(Branches& boxes, Branches& classes, const std::vector<double>& strides, double box_bias) {
  const at::NoGradGuard no_grad;
  for (Convolution* output : outputs_of(boxes)) output->bias.fill_(box_bias);
  const std::vector<Convolution*> outputs = outputs_of(classes);
  for (size_t level = 0; level < outputs.size(); ++level) {
    const auto count = static_cast<double>(outputs[level]->bias.size(0));
    outputs[level]->bias.fill_(class_prior(5, count, strides[level]));
  }
}

}  // namespace cairn::models
