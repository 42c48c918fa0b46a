// Median over a square window.
#include <cairn/augmentation.h>

#include <opencv2/imgproc.hpp>

#include "common/kernel.h"

namespace {
using namespace cairn::augment;

struct Params {
  std::vector<int64_t> kernel = {3, 7};
};

class MedianBlur final : public cairn::Augmentation {
 public:
  explicit MedianBlur(const Params& params) : sides_(interval_of("median_blur: kernel", params.kernel)) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const int side = draw_kernel(sides_, rng);
    cv::Mat blurred;
    cv::medianBlur(sample.image, blurred, side);
    sample.image = std::move(blurred);
    return sample;
  }

 private:
  Interval<int64_t> sides_;
};

}  // namespace

CAIRN_PLUGIN("cairn.median_blur", "1.0.0",
             cairn::augmentation<MedianBlur, Params>("median_blur", "median over a square window")
                 .param("kernel", &Params::kernel, cairn::range(1, 99), cairn::unit::pixels, cairn::sweepable,
                        "least and greatest side of the window; odd sides are drawn"))
