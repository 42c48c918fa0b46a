#include "common/auto_anchor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <cairn/random.h>

namespace cairn::models {

namespace {

using Sizes = std::vector<AnchorSize>;
using Span = std::span<const AnchorSize>;

enum Stream : uint64_t { kEnlarge = 1, kCentres = 2, kFallback = 3, kEvolve = 4 };

double area(const AnchorSize& size) {
  return size.width * size.height;
}

void sort_by_area(Sizes& sizes) {
  std::stable_sort(sizes.begin(), sizes.end(),
                   [](const AnchorSize& a, const AnchorSize& b) { return area(a) < area(b); });
}

// The smaller ratio of the sides, whichever is larger: 1 for equal boxes.
double similarity(const AnchorSize& a, const AnchorSize& b) {
  const double w = a.width / b.width, h = a.height / b.height;
  return std::min(std::min(w, 1 / w), std::min(h, 1 / h));
}

// Mean over the boxes of the best similarity, where it is enough.
double fitness(Span boxes, Span anchors, double least) {
  double sum = 0;
  for (const AnchorSize& box : boxes) {
    double best = 0;
    for (const AnchorSize& anchor : anchors) best = std::max(best, similarity(box, anchor));
    if (best > least) sum += best;
  }
  return boxes.empty() ? 0 : sum / static_cast<double>(boxes.size());
}

// One run of Lloyd's algorithm; clusters that lose all boxes disappear.
class Clustering {
 public:
  Clustering(Span points, size_t count, Rng& rng) : points_(points) {
    std::vector<size_t> picks(points.size());
    for (size_t i = 0; i < picks.size(); ++i) picks[i] = i;
    for (size_t i = 0; i < count; ++i) {
      std::swap(picks[i], picks[i + static_cast<size_t>(rng.below(static_cast<int64_t>(picks.size() - i)))]);
      centres_.push_back(points[picks[i]]);
    }
  }

  // Until the mean distance to the nearest centre falls by no more than 1e-5.
  void run() {
    double previous = std::numeric_limits<double>::infinity();
    for (int round = 0; round < 1000; ++round) {
      distortion_ = assign();
      if (previous - distortion_ <= 1e-5) break;
      previous = distortion_;
      move();
    }
  }

  double distortion() const { return distortion_; }
  const Sizes& centres() const { return centres_; }

 private:
  double assign() {
    nearest_.resize(points_.size());
    double sum = 0;
    for (size_t i = 0; i < points_.size(); ++i) {
      double best = std::numeric_limits<double>::infinity();
      for (size_t c = 0; c < centres_.size(); ++c) {
        const double dx = points_[i].width - centres_[c].width, dy = points_[i].height - centres_[c].height;
        const double distance = dx * dx + dy * dy;
        if (distance < best) {
          best = distance;
          nearest_[i] = c;
        }
      }
      sum += std::sqrt(best);
    }
    return sum / static_cast<double>(points_.size());
  }

  void move() {
    Sizes sums(centres_.size());
    std::vector<double> counts(centres_.size(), 0);
    for (size_t i = 0; i < points_.size(); ++i) {
      sums[nearest_[i]].width += points_[i].width;
      sums[nearest_[i]].height += points_[i].height;
      ++counts[nearest_[i]];
    }
    centres_.clear();
    for (size_t c = 0; c < sums.size(); ++c) {
      if (counts[c] > 0) centres_.push_back({sums[c].width / counts[c], sums[c].height / counts[c]});
    }
  }

  Span points_;
  Sizes centres_;
  std::vector<size_t> nearest_;
  double distortion_ = 0;
};

// Population standard deviation of each side.
AnchorSize deviation(Span boxes) {
  AnchorSize mean, square;
  const auto count = static_cast<double>(boxes.size());
  for (const AnchorSize& box : boxes) {
    mean.width += box.width / count;
    mean.height += box.height / count;
  }
  for (const AnchorSize& box : boxes) {
    square.width += std::pow(box.width - mean.width, 2) / count;
    square.height += std::pow(box.height - mean.height, 2) / count;
  }
  return {std::sqrt(square.width), std::sqrt(square.height)};
}

// Fewer than `count` when there are not that many different clusters.
Sizes clusters(Span boxes, size_t count, int restarts, uint64_t seed) {
  const AnchorSize unit = deviation(boxes);
  if (boxes.size() < count || !(unit.width > 0) || !(unit.height > 0)) return {};
  Sizes points;
  for (const AnchorSize& box : boxes) points.push_back({box.width / unit.width, box.height / unit.height});
  Sizes best;
  double least = std::numeric_limits<double>::infinity();
  for (int restart = 0; restart < restarts; ++restart) {
    Rng rng({seed, kCentres, static_cast<uint64_t>(restart)});
    Clustering clustering(points, count, rng);
    clustering.run();
    if (clustering.distortion() >= least) continue;
    least = clustering.distortion();
    best = clustering.centres();
  }
  for (AnchorSize& centre : best) centre = {centre.width * unit.width, centre.height * unit.height};
  return best;
}

Sizes random_sizes(size_t count, int64_t image_size, uint64_t seed) {
  Rng rng({seed, kFallback});
  std::vector<double> sides;
  for (size_t i = 0; i < 2 * count; ++i) sides.push_back(rng.uniform());
  std::sort(sides.begin(), sides.end());
  Sizes sizes;
  for (size_t i = 0; i < count; ++i) {
    const auto side = static_cast<double>(image_size);
    sizes.push_back({std::max(sides[2 * i] * side, 2.0), std::max(sides[2 * i + 1] * side, 2.0)});
  }
  return sizes;
}

// Factors for all sides, not all of them 1.
std::vector<double> mutation(size_t sides, Rng& rng) {
  std::vector<double> factors(sides, 1);
  while (std::all_of(factors.begin(), factors.end(), [](double f) { return f == 1; })) {
    const double strength = rng.uniform();
    for (double& factor : factors) {
      const bool changes = rng.chance(0.9);
      const double step = rng.normal() * 0.1 * strength;
      factor = changes ? std::clamp(step + 1, 0.3, 3.0) : 1;
    }
  }
  return factors;
}

void evolve(Sizes& anchors, Span boxes, const AutoAnchorRule& rule, uint64_t seed) {
  double best = fitness(boxes, anchors, 1 / rule.max_ratio);
  for (int generation = 0; generation < rule.generations; ++generation) {
    Rng rng({seed, kEvolve, static_cast<uint64_t>(generation)});
    const std::vector<double> factors = mutation(2 * anchors.size(), rng);
    Sizes mutated = anchors;
    for (size_t i = 0; i < mutated.size(); ++i) {
      mutated[i].width = std::max(mutated[i].width * factors[2 * i], 2.0);
      mutated[i].height = std::max(mutated[i].height * factors[2 * i + 1], 2.0);
    }
    const double found = fitness(boxes, mutated, 1 / rule.max_ratio);
    if (found <= best) continue;
    best = found;
    anchors = std::move(mutated);
  }
}

Sizes enlarged(std::span<const BoxSize> boxes, uint64_t seed) {
  Sizes sizes;
  for (const BoxSize& box : boxes) {
    const double factor = Rng({seed, kEnlarge, static_cast<uint64_t>(box.image)}).uniform(0.9, 1.1);
    if (box.width > 0 && box.height > 0) sizes.push_back({box.width * factor, box.height * factor});
  }
  return sizes;
}

}  // namespace

AnchorFit anchor_fit(Span boxes, Span anchors, double max_ratio) {
  AnchorFit fit;
  for (const AnchorSize& box : boxes) {
    int fitting = 0;
    for (const AnchorSize& anchor : anchors) fitting += similarity(box, anchor) > 1 / max_ratio ? 1 : 0;
    fit.anchors_per_box += fitting;
    fit.recall += fitting > 0 ? 1 : 0;
  }
  const auto count = static_cast<double>(std::max<size_t>(boxes.size(), 1));
  return {fit.recall / count, fit.anchors_per_box / count};
}

std::vector<AnchorSize> anchors_for(std::span<const BoxSize> boxes, size_t count, const AutoAnchorRule& rule,
                                    int64_t image_size, uint64_t seed) {
  Sizes sizes;
  for (const BoxSize& box : boxes) {
    if (box.width > 0 && box.height > 0 && std::max(box.width, box.height) >= 2) {
      sizes.push_back({box.width, box.height});
    }
  }
  Sizes anchors = clusters(sizes, count, rule.restarts, seed);
  if (anchors.size() < count) {
    if (!rule.random_fallback || sizes.empty()) return {};
    anchors = random_sizes(count, image_size, seed);
  }
  sort_by_area(anchors);
  evolve(anchors, sizes, rule, seed);
  sort_by_area(anchors);
  return anchors;
}

AutoAnchorResult auto_anchor(std::span<const BoxSize> boxes, const AnchorTable& current,
                             const std::vector<double>& strides, const AutoAnchorRule& rule, int64_t image_size,
                             uint64_t seed) {
  Sizes all;
  for (const auto& level : current) all.insert(all.end(), level.begin(), level.end());
  const Sizes sizes = enlarged(boxes, seed);
  AutoAnchorResult result{current, anchor_fit(sizes, all, rule.max_ratio), {}, false};
  result.after = result.before;
  if (sizes.empty() || result.before.recall > rule.enough) return result;
  const Sizes found = anchors_for(boxes, all.size(), rule, image_size, seed);
  if (found.empty()) return result;
  const AnchorFit fit = anchor_fit(sizes, found, rule.max_ratio);
  if (fit.recall <= result.before.recall) return result;
  std::vector<double> numbers;
  for (const AnchorSize& size : found) numbers.insert(numbers.end(), {size.width, size.height});
  return {in_order(anchor_table(numbers, current.size()), strides), result.before, fit, true};
}

}  // namespace cairn::models
