// Rotation, scale, shear, translation and perspective in one warp; brings a mosaic's canvas to the output size.
#include <cairn/augmentation.h>

#include <opencv2/imgproc.hpp>

#include "common/letterbox.h"
#include "common/perspective.h"

namespace {
using namespace cairn::augment;

struct Params {
  double degrees = 0, translate = 0.1, scale = 0.5, shear = 0, perspective = 0;
  double min_size = 2, min_area = 0.1, min_area_outlined = 0.01, max_aspect = 100;
};

class RandomPerspective final : public cairn::Augmentation {
 public:
  explicit RandomPerspective(const Params& params) : params_(params) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext& context,
                      cairn::Rng& rng) const override {
    if (!is_canvas(sample, context)) letterbox(sample, context.output, {});
    const PerspectiveValues values = draw(rng);
    const cv::Matx33d map = perspective_matrix(sample.image.size(), context.output, values);
    if (map != cv::Matx33d::eye() || sample.image.size() != context.output) {
      sample.image = warped(sample.image, map, context.output);
      sample.mapping = {};
    }
    const CandidateRule boxed{params_.min_size, params_.min_area, params_.max_aspect};
    const CandidateRule outlined{params_.min_size, params_.min_area_outlined, params_.max_aspect};
    transform_labels(sample, map, context.output, values.scale, boxed, outlined);
    return sample;
  }

 private:
  // A canvas has no mapping to a file, since it was made from several.
  static bool is_canvas(const cairn::Sample& sample, const cairn::AugmentContext& context) {
    return sample.mapping.file_width == 0 && sample.image.size() == context.output * 2;
  }

  PerspectiveValues draw(cairn::Rng& rng) const {
    const auto around = [&rng](double middle, double half) { return rng.uniform(middle - half, middle + half); };
    PerspectiveValues values;
    values.perspective_x = around(0, params_.perspective);
    values.perspective_y = around(0, params_.perspective);
    values.degrees = around(0, params_.degrees);
    values.scale = around(1, params_.scale);
    values.shear_x = around(0, params_.shear);
    values.shear_y = around(0, params_.shear);
    values.translate_x = around(0.5, params_.translate);
    values.translate_y = around(0.5, params_.translate);
    return values;
  }

  cv::Mat warped(const cv::Mat& image, const cv::Matx33d& map, cv::Size output) const {
    const cv::Scalar grey = cv::Scalar::all(kGrey);
    cv::Mat result;
    if (params_.perspective > 0) {
      cv::warpPerspective(image, result, map, output, cv::INTER_LINEAR, cv::BORDER_CONSTANT, grey);
    } else {
      cv::warpAffine(image, result, map.get_minor<2, 3>(0, 0), output, cv::INTER_LINEAR, cv::BORDER_CONSTANT, grey);
    }
    return result;
  }

  Params params_;
};

}  // namespace

CAIRN_PLUGIN(
    "cairn.random_perspective", "1.0.0",
    cairn::augmentation<RandomPerspective, Params>("random_perspective",
                                                   "rotation, scale, shear, translation and perspective in one warp")
        .param("degrees", &Params::degrees, cairn::range(0, 180), cairn::unit::degrees, cairn::sweepable,
               "rotation in [-degrees, degrees]")
        .param("translate", &Params::translate, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable,
               "shift in [-translate, translate] of the output's sides")
        .param("scale", &Params::scale, cairn::range(0, 0.95), cairn::unit::ratio, cairn::sweepable,
               "scale in [1 - scale, 1 + scale]")
        .param("shear", &Params::shear, cairn::range(0, 60), cairn::unit::degrees, cairn::sweepable,
               "shear on each axis in [-shear, shear]")
        .param("perspective", &Params::perspective, cairn::range(0, 0.001), cairn::sweepable,
               "tilt per pixel on each axis in [-perspective, perspective]")
        .param("min_size", &Params::min_size, cairn::at_least(0), cairn::unit::pixels,
               "a box survives when both sides stay larger")
        .param("min_area", &Params::min_area, cairn::range(0, 1), cairn::unit::ratio,
               "a box survives when more of its scaled area stays")
        .param("min_area_outlined", &Params::min_area_outlined, cairn::range(0, 1), cairn::unit::ratio,
               "the same for objects with an outline, whose moved box is tighter")
        .param("max_aspect", &Params::max_aspect, cairn::at_least(1),
               "a box survives when its larger side is less than so many smaller sides; 100, in YOLOv6 and YOLOv7 20"))
