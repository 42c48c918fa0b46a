// Independent noise on every channel of every pixel.
#include <cairn/augmentation.h>

#include <algorithm>
#include <cmath>

#include "common/interval.h"

namespace {
using namespace cairn::augment;

struct Params {
  std::vector<double> sigma = {3, 7};
};

constexpr double kSigmaOfFourBytes = 147.8005412;  // of the sum of four uniform bytes: sqrt(4 (256^2 - 1) / 12)
constexpr int kMeanOfFourBytes = 510;

int sum_of_bytes(uint32_t word) {
  return static_cast<int>((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24));
}

// The sum of four bytes is a bell that ends at 3.45 sigma; in integers it costs one draw and has the same bits
// everywhere.
void add_noise(cv::Mat& image, double sigma, cairn::Rng& rng) {
  const int factor = static_cast<int>(std::nearbyint(sigma / kSigmaOfFourBytes * 65536));
  for (int y = 0; y < image.rows; ++y) {
    uint8_t* value = image.ptr<uint8_t>(y);
    for (uint8_t* end = value + static_cast<size_t>(image.cols) * image.elemSize(); value != end; ++value) {
      const int noise = ((sum_of_bytes(rng.next_u32()) - kMeanOfFourBytes) * factor + 32768) >> 16;
      *value = static_cast<uint8_t>(std::clamp(*value + noise, 0, 255));
    }
  }
}

class Noise final : public cairn::Augmentation {
 public:
  explicit Noise(const Params& params) : sigma_(interval_of("noise: sigma", params.sigma)) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    add_noise(sample.writable(), rng.uniform(sigma_.low, sigma_.high), rng);
    return sample;
  }

 private:
  Interval<double> sigma_;
};

}  // namespace

CAIRN_PLUGIN("cairn.noise", "1.0.0",
             cairn::augmentation<Noise, Params>("noise", "bell-shaped noise on every channel of every pixel")
                 .param("sigma", &Params::sigma, cairn::range(0, 255), cairn::sweepable,
                        "least and greatest standard deviation, in grey levels of 255"))
