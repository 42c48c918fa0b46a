#include "yolov9/blocks.h"

#include <ATen/ATen.h>

#include "common/rep_conv.h"

namespace cairn::models {

namespace {

at::Tensor mean_of_four(const at::Tensor& x) {
  return at::avg_pool2d(x, {2, 2}, {1, 1});
}

// x + cv2(cv1(x)). Children cv1 (RepConvN), cv2.
class RepNBottleneck final : public Block {
 public:
  explicit RepNBottleneck(int64_t channels)
      : cv1_(register_module("cv1", rep_conv_n(channels, channels))), cv2_(add<Conv>("cv2", channels, channels, 3)) {}
  at::Tensor forward(const at::Tensor& x) override { return x + cv2_->forward(cv1_->forward(x)); }

 private:
  std::shared_ptr<RepPair> cv1_;
  std::shared_ptr<Conv> cv2_;
};

std::shared_ptr<Block> rep_ncsp(int64_t in, int64_t out, int64_t repeats) {
  return std::make_shared<C3>(in, out, repeats,
                              [](int64_t channels) { return std::make_shared<RepNBottleneck>(channels); });
}

std::shared_ptr<Block> chain_of(std::shared_ptr<Block> first, std::shared_ptr<Block> second) {
  return std::make_shared<Chain>(std::vector<std::shared_ptr<Block>>{std::move(first), std::move(second)});
}

}  // namespace

AConv::AConv(int64_t in, int64_t out) : cv1_(add<Conv>("cv1", in, out, 3, 2)) {}

at::Tensor AConv::forward(const at::Tensor& x) {
  return cv1_->forward(mean_of_four(x));
}

ADown::ADown(int64_t in, int64_t out)
    : cv1_(add<Conv>("cv1", in / 2, out / 2, 3, 2)), cv2_(add<Conv>("cv2", in / 2, out / 2)) {}

at::Tensor ADown::forward(const at::Tensor& x) {
  const Tensors halves = mean_of_four(x).chunk(2, 1);
  const at::Tensor pooled = at::max_pool2d(halves[1], {3, 3}, {2, 2}, {1, 1});
  return at::cat({cv1_->forward(halves[0]), cv2_->forward(pooled)}, 1);
}

Elan::Elan(int64_t in, int64_t out, int64_t split, int64_t inner, std::shared_ptr<Block> cv2,
           std::shared_ptr<Block> cv3)
    : cv1_(add<Conv>("cv1", in, split)),
      cv2_(register_module("cv2", std::move(cv2))),
      cv3_(register_module("cv3", std::move(cv3))),
      cv4_(add<Conv>("cv4", split + 2 * inner, out)) {}

at::Tensor Elan::forward(const at::Tensor& x) {
  Tensors parts = cv1_->forward(x).chunk(2, 1);
  parts.push_back(cv2_->forward(parts.back()));
  parts.push_back(cv3_->forward(parts.back()));
  return cv4_->forward(at::cat(parts, 1));
}

std::shared_ptr<Elan> elan1(int64_t in, int64_t out, int64_t split, int64_t inner) {
  return std::make_shared<Elan>(in, out, split, inner, std::make_shared<Conv>(split / 2, inner, 3),
                                std::make_shared<Conv>(inner, inner, 3));
}

std::shared_ptr<Elan> rep_ncsp_elan4(int64_t in, int64_t out, int64_t split, int64_t inner, int64_t repeats) {
  return std::make_shared<Elan>(in, out, split, inner,
                                chain_of(rep_ncsp(split / 2, inner, repeats), std::make_shared<Conv>(inner, inner, 3)),
                                chain_of(rep_ncsp(inner, inner, repeats), std::make_shared<Conv>(inner, inner, 3)));
}

SppElan::SppElan(int64_t in, int64_t out, int64_t inner)
    : cv1_(add<Conv>("cv1", in, inner)), cv5_(add<Conv>("cv5", 4 * inner, out)) {}

at::Tensor SppElan::forward(const at::Tensor& x) {
  Tensors parts{cv1_->forward(x)};
  for (int pool = 0; pool < 3; ++pool) parts.push_back(at::max_pool2d(parts.back(), {5, 5}, {1, 1}, {2, 2}));
  return cv5_->forward(at::cat(parts, 1));
}

namespace {
int64_t sum_of(const std::vector<int64_t>& widths) {
  int64_t sum = 0;
  for (const int64_t width : widths) sum += width;
  return sum;
}
}  // namespace

CBLinear::CBLinear(int64_t in, std::vector<int64_t> widths)
    : widths_(std::move(widths)), conv_(add<Convolution>("conv", in, sum_of(widths_))) {}

Tensors CBLinear::run(std::span<const Tensors> inputs) {
  return conv_->forward(inputs[0][0]).split_with_sizes(widths_, 1);
}

Tensors CBFuse::run(std::span<const Tensors> inputs) {
  at::Tensor sum = inputs.back()[0];
  const std::vector<int64_t> size{sum.size(2), sum.size(3)};
  for (size_t j = 0; j < picks_.size(); ++j) {
    sum = sum + at::upsample_nearest2d(inputs[j][static_cast<size_t>(picks_[j])], size);
  }
  return {sum};
}

namespace {

List list_of_numbers(const std::vector<int64_t>& numbers) {
  List list;
  for (const int64_t number : numbers) list.emplace_back(number);
  return list;
}

// A block (in, out, the other arguments).
template <class Make>
Maker maker_of(int64_t classes, Make make) {
  return [classes, make](const Place& at) -> Made {
    const int64_t written = at.args.at(0), out = written == 3 * (classes + 5) ? written : at.out();
    List arguments = list_of(at.in(), out);
    for (size_t i = 1; i < at.args.size(); ++i) arguments.emplace_back(at.args[i]);
    return {make(at, out), {out}, std::move(arguments)};
  };
}

Made make_silence(const Place& at) {
  return {std::make_shared<Identity>(), {at.in()}, {}};
}

Made make_cb_linear(const Place& at) {
  return {std::make_shared<CBLinear>(at.in(), at.args), at.args, list_of(at.in(), list_of_numbers(at.args))};
}

Made make_cb_fuse(const Place& at) {
  return {std::make_shared<CBFuse>(at.args), {at.inputs.back()[0]}, list_of(list_of_numbers(at.args))};
}

}  // namespace

Makers yolov9_makers(int64_t classes) {
  Makers makers = standard_makers();
  makers["Silence"] = make_silence;
  makers["ELAN1"] =
      maker_of(classes, [](const Place& at, int64_t out) { return elan1(at.in(), out, at.args.at(1), at.args.at(2)); });
  makers["RepNCSPELAN4"] = maker_of(classes, [](const Place& at, int64_t out) {
    return rep_ncsp_elan4(at.in(), out, at.args.at(1), at.args.at(2), at.args.at(3));
  });
  makers["AConv"] =
      maker_of(classes, [](const Place& at, int64_t out) { return std::make_shared<AConv>(at.in(), out); });
  makers["ADown"] =
      maker_of(classes, [](const Place& at, int64_t out) { return std::make_shared<ADown>(at.in(), out); });
  makers["SPPELAN"] = maker_of(
      classes, [](const Place& at, int64_t out) { return std::make_shared<SppElan>(at.in(), out, at.args.at(1)); });
  makers["CBLinear"] = make_cb_linear;
  makers["CBFuse"] = make_cb_fuse;
  return makers;
}

}  // namespace cairn::models
