#include "evaluate/evaluation_pictures.h"

#include <algorithm>
#include <cstdio>

#include "monitor/chart.h"

namespace cairn {
namespace {

constexpr size_t kNamedCurves = 20;  // with more classes the single curves are thin and nameless
constexpr Colour kMeanColour{0.08, 0.20, 0.55}, kThinColour{0.55, 0.58, 0.62, 0.45};

std::string rounded(double value) {
  char text[24];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

struct CurvePicture {
  const char* file;
  const char* title;
  const char* x_label;
  const char* y_label;
  std::vector<double> ClassCurves::*curve;
};
constexpr CurvePicture kCurvePictures[] = {
    {"P_curve.png", "precision over confidence", "confidence", "precision", &ClassCurves::precision},
    {"R_curve.png", "recall over confidence", "confidence", "recall", &ClassCurves::recall},
    {"F1_curve.png", "F1 over confidence", "confidence", "F1", &ClassCurves::f1},
    {"PR_curve.png", "precision over recall, IoU 0.5", "recall", "precision", &ClassCurves::precision_at_recall}};

std::string mean_name(const EvaluationResult& result, const CurvePicture& picture) {
  if (picture.curve == &ClassCurves::precision_at_recall) return "all, mAP50 " + rounded(result.fast.map50);
  if (picture.curve == &ClassCurves::f1) {
    return "all, " + rounded(result.fast.f1) + " at " + rounded(result.fast.best_confidence);
  }
  return "all classes";
}

Figure curve_figure(const EvaluationResult& result, const CurvePicture& picture) {
  Chart chart;
  chart.title = picture.title;
  chart.x_label = picture.x_label;
  chart.y_label = picture.y_label;
  chart.x_range = AxisRange{0, 1};
  chart.y_range = AxisRange{0, 1.02};
  chart.legend = Chart::Legend::Beside;
  const std::vector<double> points = even_points(0, 1, kCurvePoints);
  const Curves& curves = result.fast.curves;
  const bool named = curves.classes.size() <= kNamedCurves;
  if (!curves.classes.empty()) {
    chart.series.push_back(
        {Series::Style::Line, mean_name(result, picture), points, curves.mean(picture.curve), kMeanColour, 3});
  }
  for (const ClassCurves& one : curves.classes) {
    std::string name = named ? result.names[one.class_id] : "";
    if (named && picture.curve == &ClassCurves::precision_at_recall) name += " " + rounded(one.ap50);
    chart.series.push_back({Series::Style::Line, name, points, one.*picture.curve,
                            named ? class_colour(one.class_id) : kThinColour, named ? 1.5 : 0.8});
  }
  if (curves.classes.empty()) chart.title += ": no detection was right";
  return {{chart}, 1, 640, 420, 2};
}

Figure confusion_figure(const EvaluationResult& result, const std::string& title, std::vector<double> values,
                        int decimals) {
  Chart chart;
  chart.title = title;
  chart.x_label = "true";
  chart.y_label = "predicted";
  std::vector<std::string> names(result.names.begin(), result.names.end());
  names.emplace_back("background");
  const int size = result.confusion.size();
  chart.heat = HeatMap{size, size, std::move(values), names, names, decimals};
  const double side = std::clamp(300.0 + 28.0 * size, 420.0, 1400.0);
  return {{chart}, 1, side + 90, side, 2};
}

std::vector<double> counts_of(const ConfusionMatrix& matrix) {
  std::vector<double> counts;
  for (int predicted = 0; predicted < matrix.size(); ++predicted) {
    for (int truth = 0; truth < matrix.size(); ++truth)
      counts.push_back(static_cast<double>(matrix.at(predicted, truth)));
  }
  return counts;
}

}  // namespace

std::vector<std::filesystem::path> write_pictures(const EvaluationResult& result, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> written;
  const auto write = [&](const char* file, const Figure& figure) {
    write_picture(draw(figure), folder / file);
    written.push_back(folder / file);
  };
  write("confusion_matrix.png", confusion_figure(result, "confusion matrix", counts_of(result.confusion), 0));
  write("confusion_matrix_normalized.png",
        confusion_figure(result, "confusion matrix, share of the true class", result.confusion.normalized(), 2));
  for (const CurvePicture& picture : kCurvePictures) write(picture.file, curve_figure(result, picture));
  return written;
}

}  // namespace cairn
