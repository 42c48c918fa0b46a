#include "yolov7/ota.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "common/anchor_maps.h"
#include "common/distribution.h"
#include "common/iou.h"
#include "common/predictions.h"

namespace cairn::models {

namespace {

// What the candidates of the whole batch predict, level after level, on the host.
struct Predicted {
  std::vector<double> boxes;     // corners in pixels, 4 each
  std::vector<double> no_class;  // cost when every class is absent
  std::vector<double> logits;    // of class x objectness, square root taken; K each
  int64_t classes = 0;
};

struct Gathered {
  std::vector<int64_t> images, anchors, cells;
  std::vector<double> corners, sizes;  // of the cells and of the anchors, in units of the stride
};

Gathered gather(const std::vector<AnchorMatch>& candidates, const std::vector<AnchorSize>& anchors,
                const Level& level) {
  Gathered g;
  for (const AnchorMatch& m : candidates) {
    g.images.push_back(m.image);
    g.anchors.push_back(m.anchor);
    g.cells.push_back(m.row * level.width + m.column);
    g.corners.insert(g.corners.end(), {static_cast<double>(m.column), static_cast<double>(m.row)});
    const AnchorSize& size = anchors[static_cast<size_t>(m.anchor)];
    g.sizes.insert(g.sizes.end(), {size.width / level.stride, size.height / level.stride});
  }
  return g;
}

void append(std::vector<double>& to, const at::Tensor& values) {
  const std::vector<double> numbers = to_doubles(values);
  to.insert(to.end(), numbers.begin(), numbers.end());
}

// Near certainty the logit would be infinite, and the cost of an absent class with it.
constexpr double kMostCertain = 1 - 1.0 / (1 << 24);

void predict(const at::Tensor& map, const std::vector<AnchorMatch>& candidates, const std::vector<AnchorSize>& anchors,
             const Level& level, Predicted& into) {
  const at::NoGradGuard no_grad;
  const Gathered g = gather(candidates, anchors, level);
  const at::Device device = map.device();
  const at::Tensor flat = by_anchor(map.detach(), static_cast<int64_t>(anchors.size())).flatten(3).transpose(2, 3);
  const at::Tensor raw = at_least_float(
      at::index(flat, {to_tensor(g.images, device), to_tensor(g.anchors, device), to_tensor(g.cells, device)}));
  const at::Tensor boxes = anchor_boxes(raw, to_tensor(g.sizes, raw.options()).view({-1, 2}));
  const at::Tensor centres = boxes.slice(1, 0, 2) + to_tensor(g.corners, raw.options()).view({-1, 2});
  append(into.boxes, corners_from_centre(at::cat({centres, boxes.slice(1, 2, 4)}, 1) * level.stride));
  const at::Tensor y = at::sqrt(at::sigmoid(raw.slice(1, 5)) * at::sigmoid(raw.slice(1, 4, 5))).clamp_max(kMostCertain);
  append(into.no_class, -at::log1p(-y).sum(1));
  append(into.logits, at::log(y / (1 - y)).clamp_min(-100));
  into.classes = raw.size(1) - 5;
}

const double kLogOfNothing = std::log(1e-8);

double overlap(const double* a, const Corners& b) {
  const double w = std::min(a[2], b.x2) - std::max(a[0], b.x1), h = std::min(a[3], b.y2) - std::max(a[1], b.y1);
  if (w <= 0 || h <= 0) return 0;
  return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b.x2 - b.x1) * (b.y2 - b.y1) - w * h);
}

// The candidates of one image and who takes them.
class ImageAssigner {
 public:
  ImageAssigner(const OtaRule& rule, const Predicted& predicted, const AnchorObjects& objects, double side)
      : rule_(rule), predicted_(predicted), objects_(objects), side_(side) {}

  // candidates: positions in `predicted`, in order. Returns for each the object, or -1.
  std::vector<int64_t> run(const std::vector<int64_t>& candidates, int64_t first, int64_t end) {
    candidates_ = &candidates;
    const size_t count = candidates.size();
    std::vector<int64_t> taker(count, -1);
    std::vector<bool> contested(count, false);
    overlaps_.resize(count);
    costs_.resize(count);
    for (int64_t object = first; object < end; ++object) {
      measure(object);
      for (const int64_t chosen : cheapest(wanted())) {
        const auto i = static_cast<size_t>(chosen);
        contested[i] = contested[i] || taker[i] >= 0;
        taker[i] = object;
      }
    }
    for (size_t i = 0; i < count; ++i) {
      if (contested[i]) taker[i] = cheapest_object(i, first, end);
    }
    return taker;
  }

  std::vector<double> sums;

 private:
  Corners corners(int64_t object) const {
    const float* box = objects_.box(object);
    const auto side = static_cast<float>(side_);
    const float x = box[0] * side, y = box[1] * side, half_w = box[2] * side / 2, half_h = box[3] * side / 2;
    return {x - half_w, y - half_h, x + half_w, y + half_h};
  }

  float cost(size_t i, int64_t object, double overlapping) const {
    const auto at = static_cast<size_t>((*candidates_)[i]);
    const auto label = static_cast<size_t>(objects_.label(object));
    const double of_class =
        predicted_.no_class[at] - predicted_.logits[at * static_cast<size_t>(predicted_.classes) + label];
    const double of_overlap = overlapping > 0 ? std::log(overlapping + 1e-8) : kLogOfNothing;
    return static_cast<float>(of_class - rule_.overlap_weight * of_overlap);
  }

  double overlap_at(size_t i, const Corners& object) const {
    return overlap(predicted_.boxes.data() + 4 * (*candidates_)[i], object);
  }

  void measure(int64_t object) {
    const Corners box = corners(object);
    for (size_t i = 0; i < overlaps_.size(); ++i) {
      overlaps_[i] = overlap_at(i, box);
      costs_[i] = cost(i, object, overlaps_[i]);
    }
  }

  // How many candidates the object takes.
  int64_t wanted() {
    const auto count = std::min<size_t>(static_cast<size_t>(rule_.top_overlaps), overlaps_.size());
    best_.resize(count);
    std::partial_sort_copy(overlaps_.begin(), overlaps_.end(), best_.begin(), best_.end(), std::greater<>());
    sums.push_back(std::accumulate(best_.begin(), best_.end(), 0.0));
    return std::max<int64_t>(static_cast<int64_t>(sums.back()), 1);
  }

  // Which of equally cheap ones at the end of the list count is for topk to say, as in the published code.
  std::vector<int64_t> cheapest(int64_t count) {
    const at::Tensor costs = at::from_blob(costs_.data(), {static_cast<int64_t>(costs_.size())}, at::kFloat);
    const at::Tensor indices = std::get<1>(at::topk(costs, count, 0, /*largest=*/false));
    return {indices.data_ptr<int64_t>(), indices.data_ptr<int64_t>() + count};
  }

  int64_t cheapest_object(size_t i, int64_t first, int64_t end) const {
    int64_t best = first;
    float least = std::numeric_limits<float>::infinity();
    for (int64_t object = first; object < end; ++object) {
      const float found = cost(i, object, overlap_at(i, corners(object)));
      if (found < least) {
        least = found;
        best = object;
      }
    }
    return best;
  }

  const OtaRule& rule_;
  const Predicted& predicted_;
  const AnchorObjects& objects_;
  double side_;
  const std::vector<int64_t>* candidates_ = nullptr;
  std::vector<double> overlaps_, best_;
  std::vector<float> costs_;
};

// Positions in the list of all candidates, image by image, in order.
std::vector<std::vector<int64_t>> by_image(const AnchorMatches& candidates, int64_t images) {
  std::vector<std::vector<int64_t>> positions(static_cast<size_t>(images));
  int64_t position = 0;
  for (const auto& level : candidates) {
    for (const AnchorMatch& m : level) positions[static_cast<size_t>(m.image)].push_back(position++);
  }
  return positions;
}

}  // namespace

OtaResult assign_ota(const OtaRule& rule, const Tensors& maps, const AnchorTable& anchors, const Grid& grid,
                     const AnchorObjects& objects, const AnchorMatches& candidates) {
  OtaResult result;
  result.matches.resize(candidates.size());
  Predicted predicted;
  std::vector<std::pair<size_t, const AnchorMatch*>> all;  // with the level
  for (size_t l = 0; l < candidates.size(); ++l) {
    if (candidates[l].empty()) continue;
    predict(maps[l], candidates[l], anchors[l], grid.levels()[l], predicted);
    for (const AnchorMatch& m : candidates[l]) all.emplace_back(l, &m);
  }
  const std::vector<std::vector<int64_t>> positions = by_image(candidates, objects.images());
  int64_t object = 0;
  for (size_t image = 0; image < positions.size(); ++image) {
    const int64_t first = object;
    while (object < objects.size() && objects.image(object) == static_cast<int64_t>(image)) ++object;
    if (first == object || positions[image].empty()) continue;
    ImageAssigner assigner(rule, predicted, objects, grid.image_height());
    const std::vector<int64_t> takers = assigner.run(positions[image], first, object);
    for (size_t i = 0; i < takers.size(); ++i) {
      if (takers[i] < 0) continue;
      const auto& [level, match] = all[static_cast<size_t>(positions[image][i])];
      result.matches[level].push_back(*match);
      result.matches[level].back().object = takers[i];
    }
    result.overlap_sums.push_back(std::move(assigner.sums));
  }
  return result;
}

}  // namespace cairn::models
