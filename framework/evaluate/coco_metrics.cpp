#include "evaluate/coco_metrics.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <cairn/error.h>

#include "evaluate/coco_match.h"

namespace cairn {
namespace {

constexpr int kDetectionsCounted = 100;
constexpr int kRecallSamples = 101;

constexpr NamedFigure kNames[] = {
    {"AP", &CocoFigures::ap},        {"AP50", &CocoFigures::ap50},     {"AP75", &CocoFigures::ap75},
    {"APs", &CocoFigures::ap_small}, {"APm", &CocoFigures::ap_medium}, {"APl", &CocoFigures::ap_large},
    {"AR1", &CocoFigures::ar1},      {"AR10", &CocoFigures::ar10},     {"AR100", &CocoFigures::ar100},
    {"ARs", &CocoFigures::ar_small}, {"ARm", &CocoFigures::ar_medium}, {"ARl", &CocoFigures::ar_large}};

template <class T>
std::vector<T> of_class(const std::vector<T>& rows, int32_t class_id) {
  std::vector<T> chosen;
  std::ranges::copy_if(rows, std::back_inserter(chosen), [&](const T& row) { return row.class_id == class_id; });
  return chosen;
}

std::vector<CocoDetection> surest(std::vector<CocoDetection> detections) {
  std::ranges::stable_sort(detections, std::ranges::greater{}, &CocoDetection::score);
  if (detections.size() > kDetectionsCounted) detections.resize(kDetectionsCounted);
  return detections;
}

std::vector<CocoCell> cells_of_class(std::span<const CocoImage> images, int32_t class_id) {
  std::vector<CocoCell> cells;
  for (const CocoImage& image : images) {
    auto targets = of_class(image.targets, class_id);
    auto detections = surest(of_class(image.detections, class_id));
    if (!targets.empty() || !detections.empty()) cells.emplace_back(std::move(targets), std::move(detections));
  }
  return cells;
}

// Recalls 0, 0.01, ..., 1 as the benchmark computes them: the spacing times the index, the last one exact.
double recall_sample(int index) {
  return index == kRecallSamples - 1 ? 1.0 : index * 0.01;
}

double average_precision(const std::vector<double>& recall, std::vector<double> precision) {
  for (size_t i = precision.size(); i-- > 1;) precision[i - 1] = std::max(precision[i - 1], precision[i]);
  double sum = 0;
  for (int s = 0; s < kRecallSamples; ++s) {
    const auto at = std::ranges::lower_bound(recall, recall_sample(s)) - recall.begin();
    if (at < static_cast<std::ptrdiff_t>(precision.size())) sum += precision[at];
  }
  return sum / kRecallSamples;
}

struct Merged {
  double score;
  int32_t rank;  // within its picture and class
  CocoCell::Outcome outcome;
};

// One class and range of sizes over all pictures, by falling score, stable.
struct ClassAndSize {
  int64_t counted = 0;
  std::vector<Merged> detections;

  ClassAndSize(std::span<const CocoCell> cells, SizeRange range) {
    for (const CocoCell& cell : cells) {
      int64_t here = 0;
      const auto outcomes = cell.match(range, &here);
      counted += here;
      for (size_t d = 0; d < outcomes.size(); ++d) {
        detections.push_back({cell.detections()[d].score, static_cast<int32_t>(d), outcomes[d]});
      }
    }
    std::ranges::stable_sort(detections, std::ranges::greater{}, &Merged::score);
  }

  double ap(int threshold) const {
    std::vector<double> recall, precision;
    double right = 0, wrong = 0;
    for (const Merged& d : detections) {
      if (!d.outcome.ignored[threshold]) (d.outcome.matched[threshold] ? right : wrong) += 1;
      recall.push_back(right / static_cast<double>(counted));
      precision.push_back(right / (right + wrong + std::numeric_limits<double>::epsilon()));
    }
    return average_precision(recall, std::move(precision));
  }

  double recall(int threshold, int per_picture) const {
    const auto right = std::ranges::count_if(detections, [&](const Merged& d) {
      return d.rank < per_picture && d.outcome.matched[threshold] && !d.outcome.ignored[threshold];
    });
    return static_cast<double>(right) / static_cast<double>(counted);
  }
  double mean_recall(int per_picture) const {
    double sum = 0;
    for (int k = 0; k < kOverlapThresholds; ++k) sum += recall(k, per_picture);
    return counted == 0 ? -1 : sum / kOverlapThresholds;
  }
};

void fill_class(std::span<const CocoCell> cells, CocoFigures* figures,
                std::array<double, kOverlapThresholds>* by_threshold) {
  double CocoFigures::*const ap_of[] = {&CocoFigures::ap, &CocoFigures::ap_small, &CocoFigures::ap_medium,
                                        &CocoFigures::ap_large};
  double CocoFigures::*const ar_of[] = {&CocoFigures::ar100, &CocoFigures::ar_small, &CocoFigures::ar_medium,
                                        &CocoFigures::ar_large};
  by_threshold->fill(-1);
  for (int size = 0; size < 4; ++size) {
    const ClassAndSize all(cells, kSizeRanges[size]);
    if (all.counted == 0) continue;
    std::array<double, kOverlapThresholds> aps{};
    for (int k = 0; k < kOverlapThresholds; ++k) aps[k] = all.ap(k);
    figures->*ap_of[size] = std::accumulate(aps.begin(), aps.end(), 0.0) / kOverlapThresholds;
    figures->*ar_of[size] = all.mean_recall(kDetectionsCounted);
    if (size != 0) continue;
    *by_threshold = aps;
    figures->ap50 = aps[0];
    figures->ap75 = aps[5];
    figures->ar1 = all.mean_recall(1);
    figures->ar10 = all.mean_recall(10);
  }
}

double mean_of_present(const std::vector<CocoFigures>& classes, double CocoFigures::*figure) {
  double sum = 0;
  int64_t count = 0;
  for (const CocoFigures& one : classes) {
    if (one.*figure < 0) continue;
    sum += one.*figure;
    ++count;
  }
  return count == 0 ? -1 : sum / static_cast<double>(count);
}

void check_classes(std::span<const CocoImage> images, int classes) {
  const auto check = [&](int32_t class_id) {
    if (class_id < 0 || class_id >= classes)
      fail(Code::Internal, "class ", class_id, " of ", classes, " in COCO figures");
  };
  for (const CocoImage& image : images) {
    for (const CocoTarget& target : image.targets) check(target.class_id);
    for (const CocoDetection& detection : image.detections) check(detection.class_id);
  }
}

}  // namespace

double overlap_threshold(int index) {
  return (50 + 5 * index) / 100.0;
}

std::span<const NamedFigure> coco_figure_names() {
  return kNames;
}

CocoResult coco_metrics(std::span<const CocoImage> images, int classes) {
  check_classes(images, classes);
  CocoResult result;
  result.classes.resize(classes);
  result.thresholds.resize(classes);
  for (int32_t c = 0; c < classes; ++c) {
    fill_class(cells_of_class(images, c), &result.classes[c], &result.thresholds[c]);
  }
  for (const NamedFigure& figure : kNames) result.mean.*figure.value = mean_of_present(result.classes, figure.value);
  return result;
}

CocoImage to_coco(const EvaluatedImage& image) {
  CocoImage coco;
  for (const Box& box : image.targets) {
    const double width = static_cast<double>(box.x2) - box.x1, height = static_cast<double>(box.y2) - box.y1;
    const double area = box.area > 0 ? box.area : width * height;
    coco.targets.push_back({box.x1, box.y1, width, height, area, box.class_id, (box.flags & kCrowd) != 0});
  }
  for (const Detection& d : image.detections) {
    coco.detections.push_back(
        {d.x1, d.y1, static_cast<double>(d.x2) - d.x1, static_cast<double>(d.y2) - d.y1, d.score, d.class_id});
  }
  return coco;
}

}  // namespace cairn
