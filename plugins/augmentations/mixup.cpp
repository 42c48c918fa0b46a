// Weighted sum of two pictures; the labels of both count fully (Zhang et al.: mixup, 2018, with detection's labels).
#include <cairn/augmentation.h>

#include <array>

#include "common/fit.h"
#include "common/labels.h"

namespace {

struct Params {
  double beta = 32;
};

// pixel = cut(a ratio + b (1 - ratio)), each product rounded to double first.
void blend(cv::Mat& a, const cv::Mat& b, double ratio) {
  std::array<double, 256> share_a{}, share_b{};
  for (int i = 0; i < 256; ++i) {
    share_a[i] = i * ratio;
    share_b[i] = i * (1 - ratio);
  }
  for (int y = 0; y < a.rows; ++y) {
    uint8_t* to = a.ptr<uint8_t>(y);
    const uint8_t* from = b.ptr<uint8_t>(y);
    const size_t count = static_cast<size_t>(a.cols) * a.elemSize();
    for (size_t i = 0; i < count; ++i) to[i] = static_cast<uint8_t>(share_a[to[i]] + share_b[from[i]]);
  }
}

class Mixup final : public cairn::Augmentation {
 public:
  explicit Mixup(const Params& params) : params_(params) {}
  int partners(const cairn::AugmentContext&, cairn::Rng&) const override { return 1; }

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample> partners, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const cairn::Sample partner = cairn::augment::fitted(partners[0], sample.image.size());
    blend(sample.writable(), partner.image, rng.beta(params_.beta, params_.beta));
    cairn::augment::append_labels(sample, partner);
    return sample;
  }

 private:
  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.mixup", "1.0.0",
             cairn::augmentation<Mixup, Params>("mixup", "weighted sum of two pictures, with the labels of both")
                 .param("beta", &Params::beta, cairn::range(0.01, 1000), cairn::sweepable,
                        "the ratio is drawn from Beta(beta, beta); 32, in YOLOv7 8"))
