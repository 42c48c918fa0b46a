// Four or nine pictures on a canvas of twice the output (Bochkovskiy, Wang, Liao: YOLOv4, 2020). random_perspective
// brings the canvas to the output size.
#include <cairn/augmentation.h>

#include "common/labels.h"
#include "common/letterbox.h"
#include "common/mosaic_layout.h"

namespace {
using namespace cairn::augment;

struct Params {
  int64_t tiles = 4;
  double nine_probability = 0;
};

class Mosaic final : public cairn::Augmentation {
 public:
  explicit Mosaic(const Params& params) : params_(params) {
    if (params.tiles != 4 && params.tiles != 9) {
      cairn::fail(cairn::Code::InvalidArgument, "mosaic: tiles: expected 4 or 9, found ", params.tiles);
    }
  }

  int partners(const cairn::AugmentContext&, cairn::Rng& rng) const override {
    if (params_.tiles == 9) return 8;
    return params_.nine_probability > 0 && rng.chance(params_.nine_probability) ? 8 : 3;
  }

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample> partners,
                      const cairn::AugmentContext& context, cairn::Rng& rng) const override {
    // With nine tiles the sample itself lies in the middle, so that it is always seen.
    std::vector<const cairn::Sample*> tiles;
    const size_t own = partners.size() == 8 ? 4 : 0;
    for (const cairn::Sample& partner : partners) tiles.push_back(&partner);
    tiles.insert(tiles.begin() + own, &sample);
    std::vector<cv::Size> sizes;
    for (const cairn::Sample* tile : tiles) sizes.push_back(tile->image.size());

    const cv::Size canvas = context.output * 2;
    const auto places = partners.size() == 8 ? place_nine(canvas, draw_point(context.output, 0, 1, rng), sizes)
                                             : place_four(canvas, draw_point(context.output, 0.5, 1.5, rng), sizes);
    cairn::Sample mosaic = assemble(canvas, tiles, places);
    mosaic.applied = sample.applied;
    mosaic.index = sample.index;
    return mosaic;
  }

 private:
  // From low to high times the output's sides, cut to integers, y before x.
  static cv::Point draw_point(cv::Size output, double low, double high, cairn::Rng& rng) {
    const int y = static_cast<int>(rng.uniform(low * output.height, high * output.height));
    const int x = static_cast<int>(rng.uniform(low * output.width, high * output.width));
    return {x, y};
  }

  static cairn::Sample assemble(cv::Size canvas, std::span<const cairn::Sample* const> tiles,
                                std::span<const TilePlacement> places) {
    cairn::Sample mosaic;
    mosaic.image = cv::Mat(canvas, CV_8UC3, cv::Scalar::all(kGrey));
    for (size_t i = 0; i < tiles.size(); ++i) {
      const TilePlacement& place = places[i];
      if (place.canvas.empty()) continue;
      tiles[i]->image(place.source).copyTo(mosaic.image(place.canvas));
      cairn::Sample labels;
      labels.boxes = tiles[i]->boxes;
      labels.polygons = tiles[i]->polygons;
      move_labels(labels, 1, place.shift.x, 1, place.shift.y);
      clip_labels(labels, place.clip);
      append_labels(mosaic, labels);
    }
    return mosaic;
  }

  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.mosaic", "1.0.0",
             cairn::augmentation<Mosaic, Params>("mosaic", "four or nine pictures on a canvas of twice the output size")
                 .param("tiles", &Params::tiles, cairn::range(4, 9), "pictures on the canvas: 4 or 9",
                        cairn::unit::images)
                 .param("nine_probability", &Params::nine_probability, cairn::range(0, 1), cairn::sweepable,
                        "with tiles = 4: share of samples that get nine tiles", cairn::unit::ratio))
