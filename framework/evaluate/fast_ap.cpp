#include "evaluate/fast_ap.h"

#include <algorithm>
#include <numeric>

#include <cairn/error.h>

#include "evaluate/fast_match.h"

namespace cairn {
namespace {

constexpr int kSmoothingWidth = 101;  // 1000 points times 0.1, odd
constexpr int kRecallPoints = 101;
constexpr double kTiny = 1e-16;

struct Scored {
  double score;
  RightAt right;
};
struct ClassRows {
  int64_t images = 0, targets = 0;
  std::vector<Scored> detections;  // by falling score, ties in order of image, then within it
};

// Recall and precision after each detection, at one threshold.
struct Walk {
  std::vector<double> recall, precision;

  Walk(const ClassRows& rows, int threshold) {
    double right = 0, seen = 0;
    for (const Scored& d : rows.detections) {
      right += d.right[threshold] ? 1 : 0;
      seen += 1;
      recall.push_back(right / static_cast<double>(rows.targets));
      precision.push_back(right / seen);
    }
  }

  // With (0, 1) in front and the rule's end piece behind; precision made non-increasing.
  void close(FastRule rule) {
    const double last = recall.empty() ? 1.0 : recall.back();
    recall.insert(recall.begin(), 0.0);
    precision.insert(precision.begin(), 1.0);
    const auto end = [this](double at) {
      recall.push_back(at);
      precision.push_back(0.0);
    };
    if (rule == FastRule::Yolov7) end(last + 0.01);
    if (rule == FastRule::Ultralytics84) end(last);
    if (rule != FastRule::Yolov7) end(1.0);
    for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  }
};

double area_under(const Walk& closed) {
  const std::vector<double> at = even_points(0, 1, kRecallPoints);
  double area = 0, before = 0;
  for (int i = 0; i < kRecallPoints; ++i) {
    const double here = interpolate(at[i], closed.recall, closed.precision, 1.0);
    if (i > 0) area += (at[i] - at[i - 1]) * (before + here) / 2;
    before = here;
  }
  return area;
}

std::vector<ClassRows> rows_by_class(std::span<const EvaluatedImage> images, int classes, FastRule rule) {
  std::vector<ClassRows> rows(classes);
  const auto of = [&](int32_t class_id) -> ClassRows& {
    if (class_id < 0 || class_id >= classes) fail(Code::Internal, "class ", class_id, " of ", classes, " in fast AP");
    return rows[class_id];
  };
  for (const EvaluatedImage& image : images) {
    std::vector<Box> targets;
    std::ranges::copy_if(image.targets, std::back_inserter(targets), [](const Box& b) { return !(b.flags & kCrowd); });
    std::vector<char> seen(classes);
    for (const Box& target : targets) {
      of(target.class_id).targets += 1;
      of(target.class_id).images += std::exchange(seen[target.class_id], 1) ? 0 : 1;
    }
    const std::vector<int32_t> order = by_falling_score(image.detections);
    const std::vector<RightAt> right = fast_match(targets, image.detections, order, rule);
    for (size_t i = 0; i < order.size(); ++i) {
      const Detection& d = image.detections[order[i]];
      of(d.class_id).detections.push_back({d.score, right[i]});
    }
  }
  for (ClassRows& one : rows) std::ranges::stable_sort(one.detections, std::ranges::greater{}, &Scored::score);
  return rows;
}

ClassCurves curves_of(const ClassRows& rows, int32_t class_id, const Walk& at_half, const Walk& closed) {
  ClassCurves curves{class_id, 0, {}, {}, {}, {}};
  std::vector<double> falling;
  for (const Scored& d : rows.detections) falling.push_back(-d.score);
  const std::vector<double> points = even_points(0, 1, kCurvePoints);
  for (const double at : points) {
    const bool none = rows.detections.empty();
    const double precision = none ? 0 : interpolate(-at, falling, at_half.precision, 1.0);
    const double recall = none ? 0 : interpolate(-at, falling, at_half.recall, 0.0);
    curves.precision.push_back(precision);
    curves.recall.push_back(recall);
    curves.f1.push_back(2 * precision * recall / (precision + recall + kTiny));
    curves.precision_at_recall.push_back(none ? 0 : interpolate(at, closed.recall, closed.precision, 1.0));
  }
  return curves;
}

void measure_class(const ClassRows& rows, int32_t class_id, FastRule rule, FastAp* result) {
  FastClass one;
  one.class_id = class_id;
  one.images = rows.images;
  one.targets = rows.targets;
  one.detections = static_cast<int64_t>(rows.detections.size());
  for (int k = 0; k < kOverlapThresholds; ++k) {
    const Walk walk(rows, k);
    Walk closed = walk;
    closed.close(rule);
    one.ap[k] = rows.detections.empty() ? 0 : area_under(closed);
    if (k == 0) result->curves.classes.push_back(curves_of(rows, class_id, walk, closed));
  }
  one.ap50 = one.ap[0];
  one.ap50_95 = std::accumulate(one.ap.begin(), one.ap.end(), 0.0) / kOverlapThresholds;
  result->curves.classes.back().ap50 = one.ap50;
  result->classes.push_back(one);
}

// Reads P, R and F1 of every class at the confidence of the highest mean F1, and the means over classes.
void choose_confidence(FastRule rule, FastAp* result) {
  const std::vector<double> mean_f1 = result->curves.mean(&ClassCurves::f1);
  const std::vector<double> searched = rule == FastRule::Yolov7 ? mean_f1 : smooth(mean_f1, kSmoothingWidth);
  result->best_index = first_maximum(searched);
  result->best_confidence = even_points(0, 1, kCurvePoints)[result->best_index];
  const double share = 1.0 / static_cast<double>(result->classes.size());
  for (size_t c = 0; c < result->classes.size(); ++c) {
    FastClass& one = result->classes[c];
    one.precision = result->curves.classes[c].precision[result->best_index];
    one.recall = result->curves.classes[c].recall[result->best_index];
    one.f1 = result->curves.classes[c].f1[result->best_index];
    result->precision += one.precision * share;
    result->recall += one.recall * share;
    result->f1 += one.f1 * share;
    result->map50 += one.ap50 * share;
    result->map75 += one.ap[5] * share;
    result->map50_95 += one.ap50_95 * share;
  }
}

}  // namespace

std::string_view name_of(FastRule rule) {
  switch (rule) {
    case FastRule::Yolov5:
      return "yolov5";
    case FastRule::Yolov7:
      return "yolov7";
    case FastRule::Ultralytics84:
      break;
  }
  return "ultralytics-8.4";
}

FastRule fast_rule_from(std::string_view name) {
  for (const FastRule rule : kFastRules) {
    if (name_of(rule) == name) return rule;
  }
  fail(Code::InvalidArgument, "unknown rule of fast AP \"", name, "\": expected yolov5, yolov7 or ultralytics-8.4");
}

double fitness(FastRule rule, double map50, double map50_95) {
  return rule == FastRule::Ultralytics84 ? map50_95 : 0.1 * map50 + 0.9 * map50_95;
}

FastAp fast_ap(std::span<const EvaluatedImage> images, int classes, FastRule rule) {
  const std::vector<ClassRows> rows = rows_by_class(images, classes, rule);
  FastAp result;
  for (const ClassRows& one : rows) {
    result.any_true_positive |= std::ranges::any_of(one.detections, [](const Scored& d) { return d.right.any(); });
  }
  if (!result.any_true_positive) return result;
  for (int32_t c = 0; c < classes; ++c) {
    if (rows[c].targets > 0) measure_class(rows[c], c, rule, &result);
  }
  choose_confidence(rule, &result);
  return result;
}

}  // namespace cairn
