// Rectangles are painted over (Zhong et al.: Random Erasing, 2017).
#include <cairn/augmentation.h>

#include <algorithm>
#include <cmath>

#include "common/cover.h"
#include "common/interval.h"
#include "common/letterbox.h"

namespace {
using namespace cairn::augment;

struct Params {
  int64_t count = 1;
  std::vector<double> area = {0.02, 0.2};
  double aspect = 3.3;
  std::string fill = "color";
  double min_visible = 0.4;
};

void fill_noise(cv::Mat patch, cairn::Rng& rng) {
  for (int y = 0; y < patch.rows; ++y) {
    uint8_t* row = patch.ptr<uint8_t>(y);
    for (size_t i = 0; i < static_cast<size_t>(patch.cols) * patch.elemSize(); ++i) {
      row[i] = static_cast<uint8_t>(rng.next_u32() >> 24);
    }
  }
}

class RandomErase final : public cairn::Augmentation {
 public:
  explicit RandomErase(const Params& params) : params_(params), area_(interval_of("random_erase: area", params.area)) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    std::vector<cv::Rect> covers;
    for (int64_t i = 0; i < params_.count; ++i) {
      covers.push_back(draw(sample.image.size(), rng));
      paint(sample.writable()(covers.back()), rng);
    }
    hide_under(sample, covers, params_.min_visible);
    return sample;
  }

 private:
  // Width / height is drawn evenly in its logarithm; a rectangle longer than the picture is cut to it.
  cv::Rect draw(cv::Size size, cairn::Rng& rng) const {
    const double area = rng.uniform(area_.low, area_.high) * size.width * size.height;
    const double aspect = std::exp(rng.uniform(-std::log(params_.aspect), std::log(params_.aspect)));
    const int width = std::clamp(static_cast<int>(std::nearbyint(std::sqrt(area * aspect))), 1, size.width);
    const int height = std::clamp(static_cast<int>(std::nearbyint(std::sqrt(area / aspect))), 1, size.height);
    const auto x = static_cast<int>(rng.below(size.width - width + 1));
    const auto y = static_cast<int>(rng.below(size.height - height + 1));
    return {x, y, width, height};
  }

  void paint(cv::Mat patch, cairn::Rng& rng) const {
    if (params_.fill == "noise") return fill_noise(patch, rng);
    cv::Scalar color = cv::Scalar::all(kGrey);
    if (params_.fill == "color") {
      for (int i = 0; i < 3; ++i) color[i] = static_cast<double>(64 + rng.below(128));
    }
    patch.setTo(color);
  }

  Params params_;
  Interval<double> area_;
};

}  // namespace

CAIRN_PLUGIN("cairn.random_erase", "1.0.0",
             cairn::augmentation<RandomErase, Params>("random_erase", "paints rectangles over the picture")
                 .param("count", &Params::count, cairn::range(1, 64), "rectangles per picture", cairn::sweepable)
                 .param("area", &Params::area, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable,
                        "least and greatest share of the picture")
                 .param("aspect", &Params::aspect, cairn::range(1, 100),
                        "width / height is between 1 / aspect and aspect")
                 .param("fill", &Params::fill, cairn::one_of({"color", "grey", "noise"}),
                        "one random colour, the grey of letterbox, or noise")
                 .param("min_visible", &Params::min_visible, cairn::range(0, 1), cairn::unit::ratio,
                        "boxes that show less of their area are dropped"))
