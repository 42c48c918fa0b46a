// Objects cut out along their outlines and pasted where they hide little (Ghiasi et al.: Simple Copy-Paste, 2021).
#include <cairn/augmentation.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/labels.h"
#include "common/outline.h"

namespace {
using namespace cairn::augment;

struct Params {
  std::string source = "mirror";
  double share = 0.5;
  double max_overlap = 0.3;
};

cairn::Sample mirrored(const cairn::Sample& sample) {
  cairn::Sample mirror = sample;
  mirror.image = cv::Mat();
  cv::flip(sample.image, mirror.image, 1);
  move_labels(mirror, -1, sample.image.cols, 1, 0);
  return mirror;
}

// Of `below`, how much `box` would hide.
double overlap(const cairn::Box& box, const cairn::Box& below) {
  const Bounds common = clipped(bounds_of(box), bounds_of(below));
  return std::max(0.0, common.area()) / std::max(bounds_of(below).area(), 1e-9);
}

cv::Rect pixels_under(const cairn::Box& box, cv::Size size) {
  const cv::Point from(static_cast<int>(std::floor(box.x1)), static_cast<int>(std::floor(box.y1)));
  const cv::Point to(static_cast<int>(std::ceil(box.x2)), static_cast<int>(std::ceil(box.y2)));
  return cv::Rect(from, to) & cv::Rect({0, 0}, size);
}

class CopyPaste final : public cairn::Augmentation {
 public:
  explicit CopyPaste(const Params& params) : params_(params) {}
  int partners(const cairn::AugmentContext&, cairn::Rng&) const override { return params_.source == "partner" ? 1 : 0; }

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample> partners, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    cairn::Sample source = partners.empty() ? mirrored(sample) : partners[0];
    const cv::Size both(std::min(source.image.cols, sample.image.cols), std::min(source.image.rows, sample.image.rows));
    clip_labels(source, bounds_of(cv::Rect({0, 0}, both)));
    for (const size_t i : draw(source, rng)) paste(source, i, sample);
    return sample;
  }

 private:
  // A share of the objects that have an outline, in random order.
  std::vector<size_t> draw(const cairn::Sample& source, cairn::Rng& rng) const {
    std::vector<size_t> objects;
    for (size_t i = 0; i < source.polygons.size(); ++i) {
      if (!source.polygons[i].rings.empty()) objects.push_back(i);
    }
    const auto wanted = static_cast<size_t>(std::nearbyint(params_.share * static_cast<double>(objects.size())));
    for (size_t i = 0; i < wanted; ++i) {
      std::swap(objects[i], objects[i + rng.below(static_cast<int64_t>(objects.size() - i))]);
    }
    objects.resize(wanted);
    return objects;
  }

  void paste(const cairn::Sample& source, size_t object, cairn::Sample& onto) const {
    const cairn::Box& box = source.boxes[object];
    const bool hides = std::any_of(onto.boxes.begin(), onto.boxes.end(),
                                   [&](const cairn::Box& below) { return overlap(box, below) >= params_.max_overlap; });
    const cv::Rect area = pixels_under(box, source.image.size());
    if (hides || area.empty()) return;
    source.image(area).copyTo(onto.writable()(area), mask_of(source.polygons[object], area));
    onto.boxes.push_back(box);
    onto.polygons.resize(onto.boxes.size());
    onto.polygons.back() = source.polygons[object];
  }

  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.copy_paste", "1.0.0",
             cairn::augmentation<CopyPaste, Params>("copy_paste",
                                                    "pastes objects along their outlines; others are never pasted")
                 .param("source", &Params::source, cairn::one_of({"mirror", "partner"}),
                        "where objects come from: the picture's own mirror image, or another picture")
                 .param("share", &Params::share, cairn::range(0, 1), cairn::unit::ratio, cairn::sweepable,
                        "share of the source's outlined objects that is tried")
                 .param("max_overlap", &Params::max_overlap, cairn::range(0, 1), cairn::unit::ratio,
                        "an object that would hide this share of a box, or more, is not pasted"))
