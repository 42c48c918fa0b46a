// Turns the picture by a random multiple of 90 degrees.
#include <cairn/augmentation.h>

namespace {

struct Params {
  int64_t most_turns = 3;
};

class @Name@ final : public cairn::Augmentation {
 public:
  explicit @Name@(const Params& params) : params_(params) {}

  // Const and without state: everything random comes from `rng`, so that any thread makes the same sample.
  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng& rng) const override {
    for (int64_t turns = rng.below(params_.most_turns + 1); turns > 0; --turns) turn(sample);
    return sample;
  }

 private:
  // A quarter to the right: (x, y) goes to (height - y, x).
  static void turn(cairn::Sample& sample) {
    const float height = static_cast<float>(sample.image.rows);
    cv::Mat turned;  // a new picture: the old pixels may be shared
    cv::rotate(sample.image, turned, cv::ROTATE_90_CLOCKWISE);
    sample.image = turned;
    for (cairn::Box& box : sample.boxes) {
      const cairn::Box old = box;
      box.x1 = height - old.y2;
      box.x2 = height - old.y1;
      box.y1 = old.x1;
      box.y2 = old.x2;
    }
    for (cairn::Polygon& polygon : sample.polygons)
      for (auto& ring : polygon.rings)
        for (cv::Point2f& point : ring) point = {height - point.y, point.x};
  }
  Params params_;
};

}  // namespace

CAIRN_PLUGIN("example.@name@", "1.0.0",
             cairn::augmentation<@Name@, Params>("@name@", "turns the picture by quarters")
                 .param("most_turns", &Params::most_turns, cairn::range(0, 3), "at most so many quarters"))
