#include "common/anchor_matches.h"

#include <algorithm>
#include <cmath>

#include "common/objects.h"

namespace cairn::models {

AnchorObjects::AnchorObjects(const Targets& targets, int64_t classes) : images_(targets.batch) {
  const Objects checked(targets, 1, 1, classes);
  const at::Tensor rows = targets.rows_N6.to(at::kCPU, at::kFloat).contiguous();
  rows_.assign(rows.data_ptr<float>(), rows.data_ptr<float>() + rows.numel());
  for (int64_t i = 0; i < checked.size(); ++i) labels_.push_back(checked[i].label);
}

namespace {

struct Kept {
  int64_t anchor, object;
  float x, y;  // of the centre, in cells
};

class LevelMatcher {
 public:
  LevelMatcher(const MatchRule& rule, const Level& level, const AnchorObjects& objects)
      : rule_(rule),
        objects_(objects),
        width_(static_cast<float>(level.width)),
        height_(static_cast<float>(level.height)),
        stride_(static_cast<float>(level.stride)) {}

  std::vector<AnchorMatch> run(const std::vector<AnchorSize>& anchors) {
    for (size_t a = 0; a < anchors.size(); ++a) keep(static_cast<int64_t>(a), anchors[a]);
    const auto near = static_cast<float>(rule_.neighbours);
    std::vector<AnchorMatch> matches;
    for (const Kept& k : kept_) matches.push_back(at(k, k.x, k.y));
    for (const Kept& k : kept_) {
      if (reaches(k.x)) matches.push_back(at(k, k.x - near, k.y));
    }
    for (const Kept& k : kept_) {
      if (reaches(k.y)) matches.push_back(at(k, k.x, k.y - near));
    }
    for (const Kept& k : kept_) {
      if (reaches(width_ - k.x)) matches.push_back(at(k, k.x + near, k.y));
    }
    for (const Kept& k : kept_) {
      if (reaches(height_ - k.y)) matches.push_back(at(k, k.x, k.y + near));
    }
    return matches;
  }

 private:
  void keep(int64_t anchor, const AnchorSize& size) {
    const float width = static_cast<float>(size.width) / stride_, height = static_cast<float>(size.height) / stride_;
    const auto limit = static_cast<float>(rule_.max_ratio);
    for (int64_t object = 0; object < objects_.size(); ++object) {
      const float* box = objects_.box(object);
      const float rw = box[2] * width_ / width, rh = box[3] * height_ / height;
      if (std::max({rw, 1 / rw, rh, 1 / rh}) < limit) {
        kept_.push_back({anchor, object, box[0] * width_, box[1] * height_});
      }
    }
  }

  // Distance of the centre to the border on this side: within reach of the neighbour, which is in the picture.
  bool reaches(float distance) const {
    return std::fmod(distance, 1.0F) < static_cast<float>(rule_.neighbours) && distance > 1;
  }

  AnchorMatch at(const Kept& k, float x, float y) const {
    const auto column = static_cast<int64_t>(std::clamp(x, 0.0F, width_ - 1));
    const auto row = static_cast<int64_t>(std::clamp(y, 0.0F, height_ - 1));
    return {objects_.image(k.object), k.anchor, row, column, k.object};
  }

  const MatchRule& rule_;
  const AnchorObjects& objects_;
  float width_, height_, stride_;
  std::vector<Kept> kept_;
};

}  // namespace

AnchorMatches match_anchors(const MatchRule& rule, const Grid& grid, const AnchorTable& anchors,
                            const AnchorObjects& objects) {
  AnchorMatches matches;
  for (size_t l = 0; l < anchors.size(); ++l) {
    matches.push_back(LevelMatcher(rule, grid.levels()[l], objects).run(anchors[l]));
  }
  return matches;
}

}  // namespace cairn::models
