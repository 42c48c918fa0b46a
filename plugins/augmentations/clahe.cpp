// Contrast-limited adaptive histogram equalisation of the lightness (Zuiderveld 1994).
#include <cairn/augmentation.h>

#include <array>

#include <opencv2/imgproc.hpp>

#include "common/interval.h"

namespace {
using namespace cairn::augment;

struct Params {
  std::vector<double> clip_limit = {1, 4};
  int64_t grid = 8;
};

class Clahe final : public cairn::Augmentation {
 public:
  explicit Clahe(const Params& params)
      : limits_(interval_of("clahe: clip_limit", params.clip_limit)), grid_(static_cast<int>(params.grid)) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const double limit = rng.uniform(limits_.low, limits_.high);
    cv::Mat lab, result;
    cv::cvtColor(sample.image, lab, cv::COLOR_BGR2Lab);
    std::array<cv::Mat, 3> planes;
    cv::split(lab, planes.data());
    // A tile of less than one pixel would repeat the picture's border again and again.
    const cv::Size grid(std::min(grid_, lab.cols), std::min(grid_, lab.rows));
    cv::createCLAHE(limit, grid)->apply(planes[0], planes[0]);
    cv::merge(planes.data(), planes.size(), lab);
    cv::cvtColor(lab, result, cv::COLOR_Lab2BGR);
    sample.image = std::move(result);
    return sample;
  }

 private:
  Interval<double> limits_;
  int grid_;
};

}  // namespace

CAIRN_PLUGIN("cairn.clahe", "1.0.0",
             cairn::augmentation<Clahe, Params>("clahe",
                                                "contrast-limited adaptive histogram equalisation of the lightness")
                 .param("clip_limit", &Params::clip_limit, cairn::range(0.1, 100), cairn::sweepable,
                        "least and greatest contrast limit")
                 .param("grid", &Params::grid, cairn::range(1, 64), "tiles per axis"))
