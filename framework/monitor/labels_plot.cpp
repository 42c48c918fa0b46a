#include "monitor/labels_plot.h"

#include <algorithm>
#include <cmath>

#include <cairn/error.h>

namespace cairn {
namespace {

constexpr int kHeatCells = 48;
constexpr size_t kMaxPoints = 4000, kMaxOutlines = 400;
constexpr size_t kNamedClasses = 40, kLegendClasses = 16;

// An even choice of at most `most`, the same in every run.
std::vector<LabelBox> thinned(std::span<const LabelBox> boxes, size_t most) {
  std::vector<LabelBox> chosen;
  const size_t count = std::min(most, boxes.size());
  for (size_t i = 0; i < count; ++i) chosen.push_back(boxes[i * boxes.size() / count]);
  return chosen;
}

Chart class_chart(std::span<const LabelBox> boxes, const std::vector<std::string>& names) {
  Chart chart;
  chart.title = cat("objects per class (", boxes.size(), ")");
  std::vector<double> counts(names.size());
  for (const LabelBox& box : boxes) {
    if (box.class_id >= 0 && static_cast<size_t>(box.class_id) < counts.size()) counts[box.class_id] += 1;
  }
  for (size_t c = 0; c < counts.size(); ++c) {
    chart.series.push_back(
        {Series::Style::Bars, "", {static_cast<double>(c)}, {counts[c]}, class_colour(static_cast<int>(c)), 1});
  }
  const double most = counts.empty() ? 1 : std::max(1.0, *std::ranges::max_element(counts));
  chart.x_range = AxisRange{-0.6, static_cast<double>(std::max<size_t>(counts.size(), 1)) - 0.4};
  chart.y_range = AxisRange{0, most * 1.05};
  if (names.size() <= kNamedClasses) chart.categories = names;
  return chart;
}

Chart centre_chart(std::span<const LabelBox> boxes) {
  Chart chart;
  chart.title = "where the centres lie";
  chart.x_label = "left to right";
  chart.y_label = "bottom to top";
  HeatMap heat{kHeatCells, kHeatCells, std::vector<double>(kHeatCells * kHeatCells), {}, {}, -1};
  const auto cell = [](float at) { return std::clamp(static_cast<int>(at * kHeatCells), 0, kHeatCells - 1); };
  for (const LabelBox& box : boxes) {
    if (std::isfinite(box.cx) && std::isfinite(box.cy)) heat.values[cell(box.cy) * kHeatCells + cell(box.cx)] += 1;
  }
  chart.heat = std::move(heat);
  return chart;
}

Chart size_chart(std::span<const LabelBox> boxes, const std::vector<std::string>& names) {
  Chart chart;
  chart.title = "width and height, share of the picture";
  chart.x_label = "width";
  chart.y_label = "height";
  chart.x_range = chart.y_range = AxisRange{0, 1};
  for (size_t c = 0; c < names.size(); ++c) {
    Colour colour = class_colour(static_cast<int>(c));
    colour.alpha = 0.45;
    chart.series.push_back(
        {Series::Style::Points, names.size() <= kLegendClasses ? names[c] : "", {}, {}, colour, 3.6});
  }
  for (const LabelBox& box : thinned(boxes, kMaxPoints)) {
    if (box.class_id < 0 || static_cast<size_t>(box.class_id) >= names.size()) continue;
    chart.series[box.class_id].x.push_back(box.w);
    chart.series[box.class_id].y.push_back(box.h);
  }
  return chart;
}

Chart outline_chart(std::span<const LabelBox> boxes) {
  Chart chart;
  chart.title = "outlines about one centre";
  chart.x_range = chart.y_range = AxisRange{-0.5, 0.5};
  for (const LabelBox& box : thinned(boxes, kMaxOutlines)) {
    const double x = box.w / 2.0, y = box.h / 2.0;
    Colour colour = class_colour(box.class_id);
    colour.alpha = 0.35;
    chart.series.push_back({Series::Style::Line, "", {-x, x, x, -x, -x}, {-y, -y, y, y, -y}, colour, 0.9});
  }
  return chart;
}

}  // namespace

Figure labels_figure(std::span<const LabelBox> boxes, const std::vector<std::string>& names) {
  Figure figure;
  figure.columns = 2;
  figure.chart_width = figure.chart_height = 440;
  figure.charts = {class_chart(boxes, names), centre_chart(boxes), size_chart(boxes, names), outline_chart(boxes)};
  return figure;
}

void write_labels(std::span<const LabelBox> boxes, const std::vector<std::string>& names,
                  const std::filesystem::path& path) {
  write_picture(draw(labels_figure(boxes, names)), path);
}

}  // namespace cairn
