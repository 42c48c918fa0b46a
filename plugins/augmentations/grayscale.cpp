// Takes the colours away; three equal channels remain.
#include <cairn/augmentation.h>

#include <opencv2/imgproc.hpp>

namespace {

class Grayscale final : public cairn::Augmentation {
 public:
  explicit Grayscale(const cairn::NoParams&) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng&) const override {
    cv::Mat grey, result;
    cv::cvtColor(sample.image, grey, cv::COLOR_BGR2GRAY);
    cv::cvtColor(grey, result, cv::COLOR_GRAY2BGR);
    sample.image = std::move(result);
    return sample;
  }
};

}  // namespace

CAIRN_PLUGIN("cairn.grayscale", "1.0.0", cairn::augmentation<Grayscale>("grayscale", "takes the colours away"))
