#include "common/atss.h"

#include <algorithm>
#include <cmath>

namespace cairn::models {

namespace {

constexpr double kInsideMargin = 1e-9;
constexpr IouRule kScoreRule{Overlap::Iou, 1e-9, false, false};

Corners corners_of(const Object& object) {
  return {object.x1, object.y1, object.x2, object.y2};
}

double square_overlap(const Object& object, const Point& centre, double side) {
  const double x1 = centre.x - side / 2, y1 = centre.y - side / 2, x2 = centre.x + side / 2, y2 = centre.y + side / 2;
  const double inter = std::max(std::min(object.x2, x2) - std::max(object.x1, x1), 0.0) *
                       std::max(std::min(object.y2, y2) - std::max(object.y1, y1), 0.0);
  const double area = (object.x2 - object.x1) * (object.y2 - object.y1);
  return inter / std::max(area + side * side - inter, 1e-6);
}

struct Near {
  double distance;
  int64_t anchor;
};

// A cell k columns or rows away from the nearest one has k nearer cells in its own row or column, unless the grid ends.
void nearest_cells(const Level& level, const Point& centre, int64_t count, std::vector<Near>& near) {
  const auto clamped = [&](double v, int64_t size) {
    return std::clamp<int64_t>(static_cast<int64_t>(std::floor(v / level.stride)), 0, size - 1);
  };
  const int64_t column = clamped(centre.x, level.width), row = clamped(centre.y, level.height);
  near.clear();
  for (int64_t y = std::max<int64_t>(row - count, 0); y <= std::min(row + count, level.height - 1); ++y) {
    for (int64_t x = std::max<int64_t>(column - count, 0); x <= std::min(column + count, level.width - 1); ++x) {
      const int64_t anchor = level.first + y * level.width + x;
      const Point cell = centre_of(level, anchor);
      near.push_back({std::hypot(cell.x - centre.x, cell.y - centre.y), anchor});
    }
  }
  const auto kept = std::min(count, static_cast<int64_t>(near.size()));
  const auto nearer = [](const Near& a, const Near& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.anchor < b.anchor;
  };
  std::partial_sort(near.begin(), near.begin() + kept, near.end(), nearer);
  near.resize(static_cast<size_t>(kept));
}

struct Candidate {
  int64_t anchor;
  double overlap;
  bool inside;
};

std::vector<Candidate> candidates_of(const Object& object, const AtssRule& rule, const Grid& grid) {
  const Point centre{(object.x1 + object.x2) / 2, (object.y1 + object.y2) / 2};
  std::vector<Candidate> candidates;
  std::vector<Near> near;
  for (const Level& level : grid.levels()) {
    nearest_cells(level, centre, rule.topk, near);
    for (const Near& cell : near) {
      const Point p = centre_of(level, cell.anchor);
      const double margin = std::min({p.x - object.x1, p.y - object.y1, object.x2 - p.x, object.y2 - p.y});
      const double overlap = square_overlap(object, p, rule.anchor_cells * level.stride);
      candidates.push_back({cell.anchor, overlap, margin > kInsideMargin});
    }
  }
  return candidates;
}

double threshold_of(const std::vector<Candidate>& candidates) {
  const auto count = static_cast<double>(candidates.size());
  double sum = 0, squares = 0;
  for (const Candidate& c : candidates) sum += c.overlap;
  const double mean = sum / count;
  for (const Candidate& c : candidates) squares += (c.overlap - mean) * (c.overlap - mean);
  return candidates.size() < 2 ? mean : mean + std::sqrt(squares / (count - 1));
}

int64_t nearest_object(const AtssRule& rule, const Grid& grid, const Objects& objects, int64_t image, int64_t anchor) {
  const Level& level = grid.level_of(anchor);
  const Point centre = centre_of(level, anchor);
  int64_t best = -1;
  double largest = 0;
  for (int64_t object = objects.first_of(image); object < objects.first_of(image + 1); ++object) {
    if (!objects[object].valid) continue;
    const double overlap = square_overlap(objects[object], centre, rule.anchor_cells * level.stride);
    if (best >= 0 && overlap <= largest) continue;
    best = object;
    largest = overlap;
  }
  return best;
}

// By image and anchor, every anchor once; no scores yet.
std::vector<Positive> select(const AtssRule& rule, const Grid& grid, const Objects& objects) {
  std::vector<Positive> chosen;
  for (int64_t image = 0; image < objects.images(); ++image) {
    for (int64_t object = objects.first_of(image); object < objects.first_of(image + 1); ++object) {
      if (!objects[object].valid) continue;
      const std::vector<Candidate> candidates = candidates_of(objects[object], rule, grid);
      const double threshold = threshold_of(candidates);
      for (const Candidate& c : candidates) {
        if (c.inside && c.overlap > threshold) chosen.push_back({image, c.anchor, object, 0});
      }
    }
  }
  const auto before = [](const Positive& a, const Positive& b) {
    return a.image != b.image ? a.image < b.image : a.anchor < b.anchor;
  };
  std::stable_sort(chosen.begin(), chosen.end(), before);
  std::vector<Positive> positives;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (i == 0 || before(chosen[i - 1], chosen[i])) {
      positives.push_back(chosen[i]);
    } else {
      Positive& contested = positives.back();
      contested.object = nearest_object(rule, grid, objects, contested.image, contested.anchor);
    }
  }
  return positives;
}

}  // namespace

Assignment assign_atss(const AtssRule& rule, const Grid& grid, const Objects& objects,
                       const SparsePredictions& predictions) {
  Assignment assignment{select(rule, grid, objects), 0};
  std::vector<int64_t> rows;
  for (const Positive& p : assignment.positives) rows.push_back(p.image * grid.anchors() + p.anchor);
  if (rows.empty()) return assignment;
  const std::vector<Corners> boxes = predictions.boxes(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    Positive& p = assignment.positives[i];
    const double overlap = iou(corners_of(objects[p.object]), boxes[i], kScoreRule);
    p.score = overlap > 0 ? overlap : 0;
    assignment.score_sum += p.score;
  }
  return assignment;
}

}  // namespace cairn::models
