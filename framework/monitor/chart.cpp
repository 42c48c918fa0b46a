#include "monitor/chart.h"

#include <algorithm>
#include <cmath>
#include <ranges>

#include <cairn/error.h>

#include "monitor/chart_frame.h"

namespace cairn {
namespace {

constexpr double kTitleHeight = 26, kGap = 6;
const TextStyle kTickStyle{9.5, kInk};
const TextStyle kLabelStyle{10.5, kInk, Align::Centre};

struct Axes {
  std::vector<double> x_ticks, y_ticks;
  std::vector<std::string> x_names, y_names;
};

std::vector<std::string> tick_names(const std::vector<double>& ticks, AxisRange range, int wanted) {
  std::vector<std::string> names;
  for (const double tick : ticks) names.push_back(tick_text(tick, nice_step(range, wanted)));
  return names;
}

AxisRange default_range(const Chart& chart, std::vector<double> Series::*column, double margin) {
  std::vector<const std::vector<double>*> columns;
  bool bars = false;
  for (const Series& series : chart.series) {
    columns.push_back(&(series.*column));
    bars |= series.style == Series::Style::Bars;
  }
  AxisRange range = range_of(columns, margin);
  if (!bars) return range;
  if (column == &Series::y) return {0, std::max(range.high, 1e-9)};
  return {std::floor(range.low) - 0.1, std::ceil(range.high) + 0.1};
}

double widest(const Canvas& canvas, const std::vector<std::string>& names, const TextStyle& style) {
  double width = 0;
  for (const std::string& name : names) width = std::max(width, canvas.text_width(name, style));
  return width;
}

Axes axes_of(const Frame& frame, const Chart& chart) {
  const int wanted_x = std::max(2, static_cast<int>(frame.plot.width / 46));
  const int wanted_y = std::max(2, static_cast<int>(frame.plot.height / 38));
  Axes axes;
  axes.y_ticks = nice_ticks(frame.y, wanted_y);
  axes.y_names = tick_names(axes.y_ticks, frame.y, wanted_y);
  if (chart.categories.empty()) {
    axes.x_ticks = nice_ticks(frame.x, wanted_x);
    axes.x_names = tick_names(axes.x_ticks, frame.x, wanted_x);
  }
  return axes;
}

void draw_grid(Canvas* canvas, const Frame& frame, const Axes& axes) {
  for (const double tick : axes.x_ticks) {
    canvas->line(frame.at_x(tick), frame.plot.y, frame.at_x(tick), frame.plot.bottom(), kFaint, 0.8);
  }
  for (const double tick : axes.y_ticks) {
    canvas->line(frame.plot.x, frame.at_y(tick), frame.plot.right(), frame.at_y(tick), kFaint, 0.8);
  }
}

void draw_ticks(Canvas* canvas, const Frame& frame, const Axes& axes) {
  TextStyle style = kTickStyle;
  style.align = Align::Centre;
  for (size_t i = 0; i < axes.x_ticks.size(); ++i) {
    canvas->text(frame.at_x(axes.x_ticks[i]), frame.plot.bottom() + 13, axes.x_names[i], style);
  }
  style.align = Align::Right;
  for (size_t i = 0; i < axes.y_ticks.size(); ++i) {
    canvas->text(frame.plot.x - 5, frame.at_y(axes.y_ticks[i]) + 3.4, axes.y_names[i], style);
  }
  canvas->line(frame.plot.x, frame.plot.bottom(), frame.plot.right(), frame.plot.bottom(), kInk, 0.9);
  canvas->line(frame.plot.x, frame.plot.y, frame.plot.x, frame.plot.bottom(), kInk, 0.9);
}

// Level when the names fit under their bars, else turned.
bool categories_turned(const Canvas& canvas, const Frame& frame, const Chart& chart) {
  const double step = frame.plot.width / std::max<double>(frame.x.length(), 1);
  return widest(canvas, chart.categories, kTickStyle) > step * 0.95;
}

void draw_categories(Canvas* canvas, const Frame& frame, const Chart& chart) {
  const bool turned = categories_turned(*canvas, frame, chart);
  const double step = frame.plot.width / std::max<double>(frame.x.length(), 1);
  const auto every = static_cast<size_t>(std::max(1.0, std::ceil(11 / step)));  // room for a line of text
  for (size_t i = 0; i < chart.categories.size(); i += turned ? every : 1) {
    TextStyle style = kTickStyle;
    style.align = turned ? Align::Right : Align::Centre;
    style.turn = turned ? -50 : 0;
    const std::string name = fitted(*canvas, chart.categories[i], style, turned ? 90 : step);
    canvas->text(frame.at_x(static_cast<double>(i)) + (turned ? 3 : 0), frame.plot.bottom() + (turned ? 9 : 13), name,
                 style);
  }
}

Frame layout(const Canvas& canvas, Area area, const Chart& chart) {
  Frame frame;
  frame.x = chart.x_range.value_or(default_range(chart, &Series::x, 0.02));
  frame.y = chart.y_range.value_or(default_range(chart, &Series::y, 0.05));
  frame.plot = {area.x, area.y + kTitleHeight, area.width - legend_width(canvas, chart) - 14, 0};
  const double below = (chart.x_label.empty() ? 0 : 17) + 20;
  frame.plot.height = area.bottom() - below - frame.plot.y;
  const Axes axes = axes_of(frame, chart);
  const double left = widest(canvas, axes.y_names, kTickStyle) + 10 + (chart.y_label.empty() ? kGap : 20);
  frame.plot.x += left;
  frame.plot.width -= left;
  if (!chart.categories.empty() && categories_turned(canvas, frame, chart)) {
    frame.plot.height -= std::min(widest(canvas, chart.categories, kTickStyle), 90.0) * 0.77;
  }
  return frame;
}

void draw_axes(Canvas* canvas, Area area, const Chart& chart) {
  const Frame frame = layout(*canvas, area, chart);
  const Axes axes = axes_of(frame, chart);
  draw_grid(canvas, frame, axes);
  canvas->clip({frame.plot.x, frame.plot.y - 1, frame.plot.width + 1, frame.plot.height + 2});
  for (const Series& series : std::views::reverse(chart.series)) draw_series(canvas, frame, series);
  canvas->unclip();
  draw_ticks(canvas, frame, axes);
  draw_categories(canvas, frame, chart);
  if (!chart.x_label.empty())
    canvas->text(frame.plot.x + frame.plot.width / 2, area.bottom() - 5, chart.x_label, kLabelStyle);
  TextStyle turned = kLabelStyle;
  turned.turn = -90;
  if (!chart.y_label.empty()) canvas->text(area.x + 11, frame.plot.y + frame.plot.height / 2, chart.y_label, turned);
  if (chart.legend != Chart::Legend::None) draw_legend(canvas, frame, chart);
}

void check(const Chart& chart) {
  for (const Series& series : chart.series) {
    if (series.x.size() != series.y.size()) {
      fail(Code::Internal, "chart \"", chart.title, "\": ", series.x.size(), " places for ", series.y.size(),
           " values");
    }
  }
  if (chart.heat && chart.heat->values.size() != static_cast<size_t>(chart.heat->rows) * chart.heat->columns) {
    fail(Code::Internal, "heat map \"", chart.title, "\": ", chart.heat->values.size(), " values for ",
         chart.heat->rows, " x ", chart.heat->columns, " cells");
  }
}

}  // namespace

void draw_chart(Canvas* canvas, Area area, const Chart& chart) {
  check(chart);
  const TextStyle style{12, kInk, Align::Centre, true};
  canvas->text(area.x + area.width / 2, area.y + 17, fitted(*canvas, chart.title, style, area.width), style);
  if (chart.heat) {
    draw_heat(canvas, {area.x, area.y + kTitleHeight, area.width, area.height - kTitleHeight}, chart);
  } else {
    draw_axes(canvas, area, chart);
  }
}

cv::Mat draw(const Figure& figure) {
  const int columns = std::max(1, figure.columns);
  const int rows = std::max(1, (static_cast<int>(figure.charts.size()) + columns - 1) / columns);
  Canvas canvas(columns * figure.chart_width, rows * figure.chart_height, figure.scale);
  for (size_t i = 0; i < figure.charts.size(); ++i) {
    const auto column = static_cast<double>(i % columns), row = static_cast<double>(i / columns);
    draw_chart(&canvas,
               {column * figure.chart_width + kGap, row * figure.chart_height + kGap, figure.chart_width - 2 * kGap,
                figure.chart_height - 2 * kGap},
               figure.charts[i]);
  }
  return canvas.image();
}

}  // namespace cairn
