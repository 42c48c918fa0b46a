// Mirrors the picture left to right, upside down, or both.
#include <cairn/augmentation.h>

#include "common/labels.h"

namespace {

struct Params {
  double horizontal = 0.5, vertical = 0;
};

class Flip final : public cairn::Augmentation {
 public:
  explicit Flip(const Params& params) : params_(params) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const bool vertical = rng.chance(params_.vertical), horizontal = rng.chance(params_.horizontal);
    if (!vertical && !horizontal) return sample;
    cv::Mat flipped;
    cv::flip(sample.image, flipped, vertical && horizontal ? -1 : horizontal ? 1 : 0);
    sample.image = std::move(flipped);
    cairn::Mapping& mapping = sample.mapping;
    if (horizontal) {
      mapping.scale_x = -mapping.scale_x;
      mapping.pad_left = sample.image.cols - mapping.pad_left;
    }
    if (vertical) {
      mapping.scale_y = -mapping.scale_y;
      mapping.pad_top = sample.image.rows - mapping.pad_top;
    }
    cairn::augment::move_labels(sample, horizontal ? -1 : 1, horizontal ? sample.image.cols : 0, vertical ? -1 : 1,
                                vertical ? sample.image.rows : 0);
    return sample;
  }

 private:
  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.flip", "1.0.0",
             cairn::augmentation<Flip, Params>("flip", "mirrors the picture")
                 .param("horizontal", &Params::horizontal, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable,
                        "probability of left to right")
                 .param("vertical", &Params::vertical, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable,
                        "probability of upside down"))
