#include "yolov10/detect_twice.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "common/detector.h"
#include "yolov10/blocks.h"

namespace cairn::models {

namespace {

// Two steps of a depth-wise 3x3 and a 1x1, then a plain 1x1.
std::vector<std::shared_ptr<Block>> separable_branch(int64_t in, int64_t width, int64_t out) {
  const auto step = [](int64_t from, int64_t to) {
    return std::make_shared<Chain>(
        std::vector<std::shared_ptr<Block>>{depthwise(from, 3), std::make_shared<Conv>(from, to)});
  };
  return {step(in, width), step(width, width), std::make_shared<Convolution>(width, out)};
}

void add_levels(const BranchPair& branches, int64_t classes, const std::vector<int64_t>& widths) {
  const int64_t box_width = std::max({int64_t{16}, widths[0] / 4, 4 * kBins});
  const int64_t class_width = std::max(widths[0], std::min<int64_t>(classes, 100));
  for (const int64_t width : widths) {
    branches.boxes->add(plain_branch(width, box_width, 4 * kBins));
    branches.classes->add(separable_branch(width, class_width, classes));
  }
}

}  // namespace

DetectTwice::DetectTwice(int64_t classes, const std::vector<int64_t>& widths, Heads heads) : heads_(heads) {
  if (heads == Heads::Both) {
    one_to_many_ = {add<Branches>("cv2"), add<Branches>("cv3")};
    add_levels(one_to_many_, classes, widths);
  }
  add<DistributionProjection>("dfl", kBins);
  one_to_one_ = {add<Branches>("one2one_cv2"), add<Branches>("one2one_cv3")};
  add_levels(one_to_one_, classes, widths);
}

Tensors DetectTwice::run(std::span<const Tensors> inputs) {
  Tensors features = features_of(inputs), outputs;
  if (heads_ == Heads::Both) outputs = one_to_many_.forward(features);
  for (at::Tensor& feature : features) feature = feature.detach();
  const Tensors once = one_to_one_.forward(features);
  outputs.insert(outputs.end(), once.begin(), once.end());
  return outputs;
}

void DetectTwice::set_prior(const std::vector<double>& strides, double box_bias) {
  if (heads_ == Heads::OneToOne) return one_to_one_.set_prior(strides, box_bias);
  one_to_many_.set_prior(strides, box_bias);
  const at::NoGradGuard no_grad;
  for (const auto& [from, to] :
       {std::pair(one_to_many_.boxes, one_to_one_.boxes), std::pair(one_to_many_.classes, one_to_one_.classes)}) {
    const auto sources = from->parameters(), copies = to->parameters();
    for (size_t i = 0; i < copies.size(); ++i) at::Tensor(copies[i]).copy_(sources[i]);
  }
}

}  // namespace cairn::models
