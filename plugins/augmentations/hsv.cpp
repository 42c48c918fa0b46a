// Random gains on hue, saturation and value.
#include "common/hsv.h"

#include <cairn/augmentation.h>

namespace {
using namespace cairn::augment;

struct Params {
  double hue = 0.015, saturation = 0.7, value = 0.4;
  std::string hue_rule = "multiplicative";
};

class Hsv final : public cairn::Augmentation {
 public:
  explicit Hsv(const Params& params) : params_(params) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    if (params_.hue == 0 && params_.saturation == 0 && params_.value == 0) return sample;
    std::array<double, 3> r{};
    r[0] = rng.uniform(-1, 1) * params_.hue;
    r[1] = rng.uniform(-1, 1) * params_.saturation;
    r[2] = rng.uniform(-1, 1) * params_.value;
    const HueRule rule = params_.hue_rule == "additive" ? HueRule::Additive : HueRule::Multiplicative;
    sample.image = apply_hsv(sample.image, hsv_tables(r, rule));
    return sample;
  }

 private:
  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.hsv", "1.0.0",
             cairn::augmentation<Hsv, Params>("hsv", "random gains on hue, saturation and value")
                 .param("hue", &Params::hue, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable, "hue gain")
                 .param("saturation", &Params::saturation, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable,
                        "saturation gain")
                 .param("value", &Params::value, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable, "value gain")
                 .param("hue_rule", &Params::hue_rule, cairn::one_of({"multiplicative", "additive"}),
                        "hue times (1 + r), or plus 180 r as in Ultralytics since 8.3.79"))
