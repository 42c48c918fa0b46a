// Lays a small copy of another sample over a corner. Shows how partners are asked for, how boxes that are covered are
// treated, and how two pictures of different sizes meet.
#include <algorithm>

#include <opencv2/imgproc.hpp>

#include <cairn/augmentation.h>

namespace {

struct Params {
  double least = 0.25, most = 0.5;  // side of the small picture / side of the large one
  double hidden = 0.7;
};

class PictureInPicture final : public cairn::Augmentation {
 public:
  explicit PictureInPicture(const Params& params) : params_(params) {
    if (params.least > params.most)
      cairn::fail(cairn::Code::InvalidArgument, "least: expected at most most = ", params.most, ", found ",
                  params.least);
  }

  // The host draws the partner from the whole set, and sends it through the stages before this one.
  int partners(const cairn::AugmentContext&, cairn::Rng&) const override { return 1; }

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample> partners, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    const double share = rng.uniform(params_.least, params_.most);
    const bool right = rng.chance(0.5), bottom = rng.chance(0.5);
    const cv::Size whole = sample.image.size();
    const cv::Size small(std::max(1, static_cast<int>(whole.width * share)),
                         std::max(1, static_cast<int>(whole.height * share)));
    const cv::Rect place({right ? whole.width - small.width : 0, bottom ? whole.height - small.height : 0}, small);
    const cairn::Sample& partner = partners[0];
    cv::Mat shrunk;
    cv::resize(partner.image, shrunk, small, 0, 0, cv::INTER_AREA);
    shrunk.copyTo(sample.writable()(place));  // writable(): the pixels may be shared with a cache
    cover(sample, place);
    add_boxes(sample, partner, place);
    return sample;
  }

 private:
  // Objects of which too much is hidden are no longer to be found.
  void cover(cairn::Sample& sample, const cv::Rect& place) const {
    const auto hidden = [&](const cairn::Box& box) {
      const float w =
          std::min(box.x2, static_cast<float>(place.br().x)) - std::max(box.x1, static_cast<float>(place.x));
      const float h =
          std::min(box.y2, static_cast<float>(place.br().y)) - std::max(box.y1, static_cast<float>(place.y));
      return w > 0 && h > 0 && w * h > params_.hidden * box.width() * box.height();
    };
    std::erase_if(sample.boxes, hidden);
    sample.polygons.clear();  // an outline would have to be cut; without outlines boxes count
  }

  static void add_boxes(cairn::Sample& sample, const cairn::Sample& partner, const cv::Rect& place) {
    const float sx = static_cast<float>(place.width) / static_cast<float>(partner.image.cols);
    const float sy = static_cast<float>(place.height) / static_cast<float>(partner.image.rows);
    const float dx = static_cast<float>(place.x), dy = static_cast<float>(place.y);
    for (cairn::Box box : partner.boxes) {
      box.x1 = std::min(box.x1 * sx + dx, static_cast<float>(sample.image.cols));
      box.x2 = std::min(box.x2 * sx + dx, static_cast<float>(sample.image.cols));
      box.y1 = std::min(box.y1 * sy + dy, static_cast<float>(sample.image.rows));
      box.y2 = std::min(box.y2 * sy + dy, static_cast<float>(sample.image.rows));
      box.area *= sx * sy;
      if (box.width() > 0 && box.height() > 0) sample.boxes.push_back(box);
    }
  }

  Params params_;
};

}  // namespace

CAIRN_PLUGIN("example.picture_in_picture", "1.0.0",
             cairn::augmentation<PictureInPicture, Params>("picture_in_picture", "a small sample over a corner")
                 .param("least", &Params::least, cairn::range(0.01, 0.5), cairn::unit::ratio,
                        "smallest share of a side")
                 .param("most", &Params::most, cairn::range(0.25, 0.9), cairn::unit::ratio, "largest share of a side")
                 .param("hidden", &Params::hidden, cairn::range(0, 1), cairn::unit::ratio,
                        "objects of which more is covered are dropped"))
