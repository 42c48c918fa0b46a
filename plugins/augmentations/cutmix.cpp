// A rectangle of another picture replaces the same rectangle of this one (Yun et al.: CutMix, 2019).
#include <cairn/augmentation.h>

#include <algorithm>
#include <cmath>

#include "common/cover.h"
#include "common/fit.h"
#include "common/labels.h"

namespace {
using namespace cairn::augment;

struct Params {
  double beta = 1;
  double min_visible = 0.1;
};

class Cutmix final : public cairn::Augmentation {
 public:
  explicit Cutmix(const Params& params) : params_(params) {}
  int partners(const cairn::AugmentContext&, cairn::Rng&) const override { return 1; }

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample> partners, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const cv::Rect cut = draw(sample.image.size(), rng);
    if (cut.empty()) return sample;
    cairn::Sample partner = fitted(partners[0], sample.image.size());
    partner.image(cut).copyTo(sample.writable()(cut));
    hide_under(sample, std::span(&cut, 1), params_.min_visible);
    cut_labels(partner, cut);
    append_labels(sample, partner);
    return sample;
  }

 private:
  // Its share of the picture's area is drawn from Beta(beta, beta), its centre anywhere.
  cv::Rect draw(cv::Size size, cairn::Rng& rng) const {
    const double side = std::sqrt(rng.beta(params_.beta, params_.beta));
    const double x = rng.uniform(0, size.width), y = rng.uniform(0, size.height);
    const int left = static_cast<int>(std::max(0.0, x - side * size.width / 2));
    const int top = static_cast<int>(std::max(0.0, y - side * size.height / 2));
    const int right = static_cast<int>(std::min<double>(size.width, x + side * size.width / 2));
    const int bottom = static_cast<int>(std::min<double>(size.height, y + side * size.height / 2));
    return {left, top, right - left, bottom - top};
  }

  void cut_labels(cairn::Sample& partner, const cv::Rect& cut) const {
    std::vector<char> keep;
    for (const cairn::Box& box : partner.boxes) {
      keep.push_back(covered_area(box, std::span(&cut, 1)) >= params_.min_visible * bounds_of(box).area());
    }
    keep_labels(partner, keep);
    clip_labels(partner, bounds_of(cut));
  }

  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.cutmix", "1.0.0",
             cairn::augmentation<Cutmix, Params>("cutmix", "a rectangle of another picture, with its objects")
                 .param("beta", &Params::beta, cairn::range(0.01, 1000), cairn::sweepable,
                        "the rectangle's share of the picture is drawn from Beta(beta, beta)")
                 .param("min_visible", &Params::min_visible, cairn::range(0, 1), cairn::unit::ratio,
                        "boxes of either picture that show less of their area are dropped"))
