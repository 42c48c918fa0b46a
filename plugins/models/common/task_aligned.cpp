#include "common/task_aligned.h"

#include <algorithm>
#include <cmath>

namespace cairn::models {

namespace {

constexpr double kInsideMargin = 1e-9;

bool contains(const Corners& box, const Point& p) {
  return std::min({p.x - box.x1, p.y - box.y1, box.x2 - p.x, box.y2 - p.y}) > kInsideMargin;
}

// Cells whose centres may lie between two coordinates; a little generous, contains() decides.
struct CellRange {
  int64_t first, last;
};
CellRange cells_between(double low, double high, double stride, int64_t count) {
  const auto limit = static_cast<double>(count);
  const double first = std::clamp(std::floor(low / stride - 0.5), 0.0, limit);
  const double last = std::clamp(std::ceil(high / stride - 0.5), -1.0, limit - 1);
  return {static_cast<int64_t>(first), static_cast<int64_t>(last)};
}

double power(double x, double exponent) {
  if (exponent == 1) return x;
  if (exponent == 0.5) return std::sqrt(x);
  if (exponent == 6) return x * x * x * x * x * x;
  return std::pow(x, exponent);
}

Corners corners_of(const Object& object) {
  return {object.x1, object.y1, object.x2, object.y2};
}

Corners candidate_box(const Object& object, double min_side) {
  Corners box = corners_of(object);
  if (box.x2 - box.x1 < min_side) {
    const double centre = (box.x1 + box.x2) / 2;
    box.x1 = centre - min_side / 2;
    box.x2 = centre + min_side / 2;
  }
  if (box.y2 - box.y1 < min_side) {
    const double centre = (box.y1 + box.y2) / 2;
    box.y1 = centre - min_side / 2;
    box.y2 = centre + min_side / 2;
  }
  return box;
}

struct Pair {
  int64_t row, object;  // row = image * anchors + anchor
  double metric = 0, overlap = 0;
};

class Assigner {
 public:
  Assigner(const TaskAlignedRule& rule, const Grid& grid, const Objects& objects, const SparsePredictions& predictions)
      : rule_(rule), grid_(grid), objects_(objects), predictions_(predictions) {
    decode_candidates();
  }
  Assignment run() {
    std::vector<Pair> kept = keep_best();
    resolve_conflicts(kept);
    measure(kept);
    if (rule_.limit > 0) give_up_rest(kept);
    return score(kept);
  }

 private:
  // Boxes of all anchors that are a candidate of any object.
  void decode_candidates() {
    slot_.assign(static_cast<size_t>(objects_.images() * grid_.anchors()), -1);
    std::vector<int64_t> rows, anchors;
    for (int64_t image = 0; image < objects_.images(); ++image) {
      const int64_t base = image * grid_.anchors();
      for (const Object& object : objects_.of(image)) {
        if (!object.valid) continue;
        anchors.clear();
        anchors_inside(grid_, candidate_box(object, rule_.min_side), anchors);
        for (const int64_t anchor : anchors) {
          int32_t& slot = slot_[static_cast<size_t>(base + anchor)];
          if (slot >= 0) continue;
          slot = static_cast<int32_t>(rows.size());
          rows.push_back(base + anchor);
        }
      }
    }
    if (!rows.empty()) boxes_ = predictions_.boxes(rows);
  }

  double overlap(int64_t row, int64_t object) const {
    const Corners& box = boxes_[static_cast<size_t>(slot_[static_cast<size_t>(row)])];
    const double value = iou(corners_of(objects_[object]), box, rule_.iou);
    return value > 0 ? value : 0;  // also for a box that is not finite
  }

  // Fills in overlap and metric.
  void measure(std::vector<Pair>& pairs) const {
    if (pairs.empty()) return;
    std::vector<int64_t> rows, labels;
    for (const Pair& pair : pairs) {
      rows.push_back(pair.row);
      labels.push_back(objects_[pair.object].label);
    }
    const std::vector<double> scores = predictions_.scores(rows, labels);
    for (size_t i = 0; i < pairs.size(); ++i) {
      pairs[i].overlap = overlap(pairs[i].row, pairs[i].object);
      pairs[i].metric = power(scores[i], rule_.alpha) * power(pairs[i].overlap, rule_.beta);
    }
  }

  std::vector<Pair> keep_best() const {
    std::vector<Pair> kept, chunk;
    std::vector<int64_t> anchors;
    for (int64_t image = 0; image < objects_.images(); ++image) {
      const int64_t base = image * grid_.anchors();
      for (int64_t object = objects_.first_of(image); object < objects_.first_of(image + 1); ++object) {
        if (!objects_[object].valid) continue;
        anchors.clear();
        anchors_inside(grid_, candidate_box(objects_[object], rule_.min_side), anchors);
        if (chunk.size() + anchors.size() > kMaxPairs) flush(chunk, kept);
        for (const int64_t anchor : anchors) chunk.push_back({base + anchor, object});
      }
    }
    flush(chunk, kept);
    return kept;
  }

  // Moves the best of every object from `chunk`, which holds whole objects, to `kept`.
  void flush(std::vector<Pair>& chunk, std::vector<Pair>& kept) const {
    measure(chunk);
    const auto better = [](const Pair& a, const Pair& b) {
      return a.metric != b.metric ? a.metric > b.metric : a.row < b.row;
    };
    for (auto begin = chunk.begin(); begin != chunk.end();) {
      const auto end = std::find_if(begin, chunk.end(), [&](const Pair& p) { return p.object != begin->object; });
      const auto usable =
          std::partition(begin, end, [](const Pair& p) { return p.metric > 0 && std::isfinite(p.metric); });
      const auto best = begin + std::min<int64_t>(rule_.topk, usable - begin);
      std::partial_sort(begin, best, usable, better);
      kept.insert(kept.end(), begin, best);
      begin = end;
    }
    chunk.clear();
  }

  // Equal metrics: the lower anchor stays. The order by row is kept.
  void give_up_rest(std::vector<Pair>& kept) const {
    std::vector<Pair> ranked = kept;
    std::stable_sort(ranked.begin(), ranked.end(), [](const Pair& a, const Pair& b) {
      return a.object != b.object ? a.object < b.object : a.metric > b.metric;
    });
    kept.clear();
    int64_t rank = 0;
    for (size_t i = 0; i < ranked.size(); ++i) {
      rank = i > 0 && ranked[i].object == ranked[i - 1].object ? rank + 1 : 0;
      if (rank < rule_.limit) kept.push_back(ranked[i]);
    }
    std::sort(kept.begin(), kept.end(), [](const Pair& a, const Pair& b) { return a.row < b.row; });
  }

  void resolve_conflicts(std::vector<Pair>& kept) const {
    std::sort(kept.begin(), kept.end(),
              [](const Pair& a, const Pair& b) { return a.row != b.row ? a.row < b.row : a.object < b.object; });
    size_t count = 0;
    for (size_t begin = 0; begin < kept.size();) {
      size_t end = begin + 1;
      while (end < kept.size() && kept[end].row == kept[begin].row) ++end;
      Pair winner = kept[begin];
      if (end - begin > 1) winner.object = nearest_object(winner.row);
      kept[count++] = winner;
      begin = end;
    }
    kept.resize(count);
  }

  int64_t nearest_object(int64_t row) const {
    const int64_t image = row / grid_.anchors(), anchor = row % grid_.anchors();
    const Point centre = centre_of(grid_.level_of(anchor), anchor);
    int64_t best = -1;
    double largest = 0;
    for (int64_t object = objects_.first_of(image); object < objects_.first_of(image + 1); ++object) {
      if (!objects_[object].valid) continue;
      const bool inside = contains(candidate_box(objects_[object], rule_.min_side), centre);
      if (!inside && rule_.contenders == Contenders::Containing) continue;
      const double value = overlap(row, object);
      if (best < 0 || value > largest) {
        best = object;
        largest = value;
      }
    }
    return best;
  }

  Assignment score(const std::vector<Pair>& kept) const {
    std::vector<double> largest_metric(static_cast<size_t>(objects_.size()), 0), largest_overlap = largest_metric;
    for (const Pair& pair : kept) {
      const auto object = static_cast<size_t>(pair.object);
      largest_metric[object] = std::max(largest_metric[object], pair.metric);
      largest_overlap[object] = std::max(largest_overlap[object], pair.overlap);
    }
    Assignment result;
    for (const Pair& pair : kept) {
      const auto object = static_cast<size_t>(pair.object);
      const double value = pair.metric * largest_overlap[object] / (largest_metric[object] + 1e-9);
      result.positives.push_back({pair.row / grid_.anchors(), pair.row % grid_.anchors(), pair.object, value});
      result.score_sum += value;
    }
    return result;
  }

  const TaskAlignedRule& rule_;
  const Grid& grid_;
  const Objects& objects_;
  const SparsePredictions& predictions_;
  std::vector<int32_t> slot_;  // of every row: where its box stands in boxes_, or -1
  std::vector<Corners> boxes_;
};

}  // namespace

void anchors_inside(const Grid& grid, const Corners& box, std::vector<int64_t>& anchors) {
  for (const Level& level : grid.levels()) {
    const CellRange columns = cells_between(box.x1, box.x2, level.stride, level.width);
    const CellRange rows = cells_between(box.y1, box.y2, level.stride, level.height);
    for (int64_t copy = 0; copy < level.copies; ++copy) {
      const int64_t first = level.first + copy * level.cells();
      for (int64_t y = rows.first; y <= rows.last; ++y) {
        for (int64_t x = columns.first; x <= columns.last; ++x) {
          const Point centre{(static_cast<double>(x) + 0.5) * level.stride,
                             (static_cast<double>(y) + 0.5) * level.stride};
          if (contains(box, centre)) anchors.push_back(first + y * level.width + x);
        }
      }
    }
  }
}

Assignment assign_task_aligned(const TaskAlignedRule& rule, const Grid& grid, const Objects& objects,
                               const SparsePredictions& predictions) {
  return Assigner(rule, grid, objects, predictions).run();
}

}  // namespace cairn::models
