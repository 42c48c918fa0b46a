#include "yolov7/blocks.h"

#include <ATen/ATen.h>

#include "common/blocks.h"
#include "common/rep_vgg.h"

namespace cairn::models {

at::Tensor ReOrg::forward(const at::Tensor& x) {
  const auto phase = [&](int64_t row, int64_t column) { return x.slice(2, row, {}, 2).slice(3, column, {}, 2); };
  return at::cat({phase(0, 0), phase(1, 0), phase(0, 1), phase(1, 1)}, 1);
}

DownC::DownC(int64_t in, int64_t out)
    : cv1_(add<Conv>("cv1", in, in)), cv2_(add<Conv>("cv2", in, out / 2, 3, 2)), cv3_(add<Conv>("cv3", in, out / 2)) {}

at::Tensor DownC::forward(const at::Tensor& x) {
  return at::cat({cv2_->forward(cv1_->forward(x)), cv3_->forward(at::max_pool2d(x, {2, 2}, {2, 2}))}, 1);
}

SppCspC::SppCspC(int64_t in, int64_t out)
    : cv1_(add<Conv>("cv1", in, out)),
      cv2_(add<Conv>("cv2", in, out)),
      cv3_(add<Conv>("cv3", out, out, 3)),
      cv4_(add<Conv>("cv4", out, out)),
      cv5_(add<Conv>("cv5", 4 * out, out)),
      cv6_(add<Conv>("cv6", out, out, 3)),
      cv7_(add<Conv>("cv7", 2 * out, out)) {}

at::Tensor SppCspC::forward(const at::Tensor& x) {
  // Pools of 9 and 13 are pools of 5 in a row.
  Tensors pooled{cv4_->forward(cv3_->forward(cv1_->forward(x)))};
  for (int i = 0; i < 3; ++i) pooled.push_back(at::max_pool2d(pooled.back(), {5, 5}, {1, 1}, {2, 2}));
  return cv7_->forward(at::cat({cv6_->forward(cv5_->forward(at::cat(pooled, 1))), cv2_->forward(x)}, 1));
}

namespace {

Made make_conv(const Place& at, Activation activation) {
  const int64_t kernel = at.arg(1, 1), stride = at.arg(2, 1);
  List arguments = list_of(at.in(), at.out(), kernel, stride);
  if (activation == Activation::LeakyReLU) {
    arguments.emplace_back();
    arguments.emplace_back(1);
    arguments.emplace_back("LeakyReLU(0.1)");
  }
  return {std::make_shared<Conv>(at.in(), at.out(), kernel, stride, activation), {at.out()}, std::move(arguments)};
}

Made make_rep_conv(const Place& at) {
  auto block = std::make_shared<RepVgg>(at.in(), at.out(), 1, RepVgg::Style{Activation::SiLU, "0", "1"});
  return {std::move(block), {at.out()}, list_of(at.in(), at.out(), 3, 1)};
}

Made make_down_c(const Place& at) {
  return {std::make_shared<DownC>(at.in(), at.out()), {at.out()}, list_of(at.in(), at.out())};
}

Made make_spp_csp_c(const Place& at) {
  return {std::make_shared<SppCspC>(at.in(), at.out()), {at.out()}, list_of(at.in(), at.out(), 1)};
}

Made make_re_org(const Place& at) {
  return {std::make_shared<ReOrg>(), {4 * at.in()}, {}};
}

Made make_mp(const Place& at) {
  return {std::make_shared<MaxPool>(2, 2), {at.in()}, {}};
}

Made make_sp(const Place& at) {
  return {std::make_shared<MaxPool>(at.args[0]), {at.in()}, list_of(at.args[0])};
}

Made make_shortcut(const Place& at) {
  return {std::make_shared<Sum>(), {at.in()}, list_of(1)};
}

}  // namespace

Makers yolov7_makers(Activation activation) {
  Makers makers = standard_makers();
  makers["Conv"] = [activation](const Place& at) { return make_conv(at, activation); };
  makers["RepConv"] = make_rep_conv;
  makers["DownC"] = make_down_c;
  makers["SPPCSPC"] = make_spp_csp_c;
  makers["ReOrg"] = make_re_org;
  makers["MP"] = make_mp;
  makers["SP"] = make_sp;
  makers["Shortcut"] = make_shortcut;
  return makers;
}

}  // namespace cairn::models
