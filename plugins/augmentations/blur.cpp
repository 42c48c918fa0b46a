// Mean over a square window.
#include <cairn/augmentation.h>

#include <opencv2/imgproc.hpp>

#include "common/kernel.h"

namespace {
using namespace cairn::augment;

struct Params {
  std::vector<int64_t> kernel = {3, 7};
};

class Blur final : public cairn::Augmentation {
 public:
  explicit Blur(const Params& params) : sides_(interval_of("blur: kernel", params.kernel)) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const int side = draw_kernel(sides_, rng);
    cv::Mat blurred;
    cv::blur(sample.image, blurred, cv::Size(side, side), cv::Point(-1, -1),
             cv::BORDER_REFLECT_101 | cv::BORDER_ISOLATED);
    sample.image = std::move(blurred);
    return sample;
  }

 private:
  Interval<int64_t> sides_;
};

}  // namespace

CAIRN_PLUGIN("cairn.blur", "1.0.0",
             cairn::augmentation<Blur, Params>("blur", "mean over a square window")
                 .param("kernel", &Params::kernel, cairn::range(1, 99), cairn::unit::pixels, cairn::sweepable,
                        "least and greatest side of the window; odd sides are drawn"))
