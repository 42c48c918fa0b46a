// The artefacts of JPEG at a random quality.
#include <cairn/augmentation.h>

#include <opencv2/imgcodecs.hpp>

#include "common/interval.h"

namespace {
using namespace cairn::augment;

struct Params {
  std::vector<int64_t> quality = {75, 100};
};

class Jpeg final : public cairn::Augmentation {
 public:
  explicit Jpeg(const Params& params) : quality_(interval_of("jpeg: quality", params.quality)) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const auto quality = static_cast<int>(quality_.low + rng.below(quality_.high - quality_.low + 1));
    std::vector<uint8_t> encoded;
    cv::imencode(".jpg", sample.image, encoded, {cv::IMWRITE_JPEG_QUALITY, quality});
    sample.image = cv::imdecode(encoded, cv::IMREAD_COLOR);
    return sample;
  }

 private:
  Interval<int64_t> quality_;
};

}  // namespace

CAIRN_PLUGIN("cairn.jpeg", "1.0.0",
             cairn::augmentation<Jpeg, Params>("jpeg", "compresses and decompresses as JPEG")
                 .param("quality", &Params::quality, cairn::range(1, 100), cairn::sweepable,
                        "least and greatest JPEG quality"))
