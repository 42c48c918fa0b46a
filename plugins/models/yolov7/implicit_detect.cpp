#include "yolov7/implicit_detect.h"

#include <ATen/ATen.h>

#include "common/initialise.h"
#include "common/predictions.h"

namespace cairn::models {

namespace {

at::Tensor in_pixels(const at::Tensor& anchors_LA2, const std::vector<double>& strides) {
  const at::Tensor scale = to_tensor(strides, anchors_LA2.options()).view({-1, 1, 1});
  return (anchors_LA2 * scale).view({anchors_LA2.size(0), 1, anchors_LA2.size(1), 1, 1, 2});
}

std::string name_of(const char* list, size_t level) {
  return std::string(list) + "." + std::to_string(level) + ".implicit";
}

constexpr double kClassSlack = 0.99;

}  // namespace

class ImplicitVectors::Vector final : public torch::nn::Module {
 public:
  Vector(int64_t width, double value) : implicit(register_parameter("implicit", at::full({1, width, 1, 1}, value))) {}
  at::Tensor implicit;
};

ImplicitVectors::ImplicitVectors(const std::vector<int64_t>& widths, double value) {
  for (const int64_t width : widths) {
    vectors_.push_back(register_module(std::to_string(vectors_.size()), std::make_shared<Vector>(width, value)));
  }
}

at::Tensor& ImplicitVectors::operator[](size_t level) {
  return vectors_[level]->implicit;
}

ImplicitDetect::ImplicitDetect(const std::vector<int64_t>& widths, size_t levels, int64_t out,
                               const at::Tensor& anchors, const std::vector<double>& strides)
    : anchors_LA2(register_buffer("anchors", anchors)),
      anchor_grid(register_buffer("anchor_grid", in_pixels(anchors, strides))) {
  const auto split = widths.begin() + static_cast<std::ptrdiff_t>(levels);
  const std::vector<int64_t> lead(widths.begin(), split), auxiliary(split, widths.end());
  m_ = register_module("m", std::make_shared<LevelConvolutions>(lead, out));
  if (!auxiliary.empty()) m2_ = register_module("m2", std::make_shared<LevelConvolutions>(auxiliary, out));
  ia_ = register_module("ia", std::make_shared<ImplicitVectors>(lead, 0));
  im_ = register_module("im", std::make_shared<ImplicitVectors>(std::vector<int64_t>(levels, out), 1));
}

Tensors ImplicitDetect::run(std::span<const Tensors> inputs) {
  Tensors maps;
  for (size_t level = 0; level < m_->size(); ++level) {
    const at::Tensor& x = inputs[level][0];
    maps.push_back(ia_ ? (*im_)[level] * (*m_)[level].forward(x + (*ia_)[level]) : (*m_)[level].forward(x));
  }
  if (!m2_ || !is_training()) return maps;
  for (size_t level = 0; level < m2_->size(); ++level) {
    maps.push_back((*m2_)[level].forward(inputs[m_->size() + level][0]));
  }
  return maps;
}

void ImplicitDetect::merge() {
  if (!ia_) return;
  const at::NoGradGuard no_grad;
  for (size_t level = 0; level < m_->size(); ++level) {
    Convolution& convolution = (*m_)[level];
    const at::Tensor factor = (*im_)[level].view({-1});
    const at::Tensor kernel = convolution.weight.flatten(1);
    convolution.bias.copy_(factor * (convolution.bias + at::mv(kernel, (*ia_)[level].view({-1}))));
    convolution.weight.mul_(factor.view({-1, 1, 1, 1}));
  }
  unregister_module("ia");
  unregister_module("im");
  ia_ = im_ = nullptr;
}

void ImplicitDetect::set_anchors(const at::Tensor& anchors, const std::vector<double>& strides) {
  const at::NoGradGuard no_grad;
  anchors_LA2.copy_(anchors);
  anchor_grid.copy_(in_pixels(anchors, strides));
}

void ImplicitDetect::start(uint64_t seed, const std::vector<double>& strides, int64_t anchors, int64_t classes) {
  for (size_t level = 0; level < ia_->size(); ++level) {
    fill_normal((*ia_)[level], 0, 0.02, seed, name_of("ia", level));
    fill_normal((*im_)[level], 1, 0.02, seed, name_of("im", level));
  }
  add_anchor_prior(*m_, strides, anchors, classes, kClassSlack);
  if (m2_) add_anchor_prior(*m2_, strides, anchors, classes, kClassSlack);
}

}  // namespace cairn::models
