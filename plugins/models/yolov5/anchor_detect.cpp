#include "yolov5/anchor_detect.h"

#include <ATen/ATen.h>

namespace cairn::models {

AnchorDetect::AnchorDetect(const std::vector<int64_t>& widths, int64_t out, const at::Tensor& anchors)
    : anchors_LA2(register_buffer("anchors", anchors)),
      m_(register_module("m", std::make_shared<LevelConvolutions>(widths, out))) {}

Tensors AnchorDetect::run(std::span<const Tensors> inputs) {
  Tensors maps;
  for (size_t level = 0; level < inputs.size(); ++level) maps.push_back((*m_)[level].forward(inputs[level][0]));
  return maps;
}

}  // namespace cairn::models
