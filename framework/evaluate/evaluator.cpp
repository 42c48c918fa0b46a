#include "evaluate/evaluator.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace cairn {
namespace {

std::string lower(std::string_view name) {
  std::string text(name);
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool finite(const Detection& d) {
  return std::isfinite(d.x1) && std::isfinite(d.y1) && std::isfinite(d.x2) && std::isfinite(d.y2) &&
         std::isfinite(d.score);
}

EvaluationMetrics metrics_from(const FastAp& fast, const CocoResult& coco, FastRule rule) {
  EvaluationMetrics m;
  m.map50 = fast.map50;
  m.map50_95 = fast.map50_95;
  m.map75 = fast.map75;
  m.precision = fast.precision;
  m.recall = fast.recall;
  m.f1 = fast.f1;
  m.confidence = fast.best_confidence;
  m.fitness = fitness(rule, m.map50, m.map50_95);
  m.coco = coco.mean;
  return m;
}

}  // namespace

std::vector<std::pair<std::string, double>> EvaluationMetrics::rows() const {
  std::vector<std::pair<std::string, double>> rows = {
      {"map50", map50}, {"map50_95", map50_95},     {"map75", map75},    {"precision", precision}, {"recall", recall},
      {"f1", f1},       {"confidence", confidence}, {"fitness", fitness}};
  for (const NamedFigure& figure : coco_figure_names())
    rows.emplace_back("coco_" + lower(figure.name), coco.*figure.value);
  return rows;
}

Evaluator::Evaluator(EvaluatorOptions options, ClassNames names) : options_(options), names_(std::move(names)) {}

void Evaluator::add(int64_t image_id, Detections detections, std::vector<Box> targets) {
  const auto known = [&](int32_t id) { return id >= 0 && id < static_cast<int32_t>(names_.size()); };
  for (const Detection& d : detections) {
    if (!known(d.class_id) || !finite(d)) {
      fail(Code::InvalidArgument, "evaluation, picture ", image_id, ": a detection of class ", d.class_id, " (of ",
           names_.size(), ") with score ", d.score, " at ", d.x1, ", ", d.y1, ", ", d.x2, ", ", d.y2,
           "; expected a known class and finite numbers");
    }
  }
  for (const Box& box : targets) {
    if (!known(box.class_id)) {
      fail(Code::InvalidArgument, "evaluation, picture ", image_id, ": a label of class ", box.class_id,
           ", but there are ", names_.size(), " classes");
    }
  }
  images_.push_back({image_id, std::move(targets), std::move(detections)});
}

void Evaluator::add(int64_t image_id, Detections detections, const Mapping& mapping, std::vector<Box> targets) {
  add(image_id, to_file_pixels(std::move(detections), mapping), std::move(targets));
}

EvaluationResult Evaluator::finish() {
  std::vector<EvaluatedImage> images = std::exchange(images_, {});
  std::ranges::stable_sort(images, {}, &EvaluatedImage::id);
  const auto twice = std::ranges::adjacent_find(images, {}, &EvaluatedImage::id);
  if (twice != images.end()) fail(Code::Internal, "evaluation: picture ", twice->id, " was added twice");
  const int classes = static_cast<int>(names_.size());

  EvaluationResult result;
  result.names = names_;
  result.images = static_cast<int64_t>(images.size());
  result.confusion = ConfusionMatrix(classes, options_.confusion);
  std::vector<CocoImage> coco;
  for (const EvaluatedImage& image : images) {
    result.targets += std::ranges::count_if(image.targets, [](const Box& box) { return !(box.flags & kCrowd); });
    result.detections += static_cast<int64_t>(image.detections.size());
    result.confusion.add(image);
    coco.push_back(to_coco(image));
  }
  result.fast = fast_ap(images, classes, options_.rule);
  result.coco = coco_metrics(coco, classes);
  result.metrics = metrics_from(result.fast, result.coco, options_.rule);
  return result;
}

std::string table_text(const EvaluationResult& result) {
  size_t width = 12;
  for (const std::string& name : result.names) width = std::max(width, std::min<size_t>(name.size(), 32));
  std::ostringstream out;
  const auto row = [&](const std::string& name, int64_t images, int64_t targets,
                       std::initializer_list<double> figures) {
    out << std::left << std::setw(static_cast<int>(width)) << name.substr(0, 32) << std::right << std::setw(9) << images
        << std::setw(9) << targets << std::fixed << std::setprecision(4);
    for (const double figure : figures) out << std::setw(10) << figure;
    out << '\n';
  };
  out << std::left << std::setw(static_cast<int>(width)) << "class" << std::right << std::setw(9) << "images"
      << std::setw(9) << "targets";
  for (const char* head : {"P", "R", "F1", "mAP50", "mAP50-95"}) out << std::setw(10) << head;
  out << '\n';
  const EvaluationMetrics& m = result.metrics;
  row("all", result.images, result.targets, {m.precision, m.recall, m.f1, m.map50, m.map50_95});
  for (const FastClass& one : result.fast.classes) {
    row(result.names[one.class_id], one.images, one.targets,
        {one.precision, one.recall, one.f1, one.ap50, one.ap50_95});
  }
  return out.str();
}

}  // namespace cairn
