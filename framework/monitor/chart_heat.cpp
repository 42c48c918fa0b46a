#include <algorithm>
#include <cmath>
#include <cstdio>

#include "monitor/chart_frame.h"

namespace cairn {
namespace {

constexpr double kBarWidth = 12, kBarRoom = 62;
const TextStyle kNameStyle{9.5, kInk};

double longest(const Canvas& canvas, const std::vector<std::string>& names) {
  double width = 0;
  for (const std::string& name : names) width = std::max(width, canvas.text_width(name, kNameStyle));
  return std::min(width, 110.0);
}

std::string cell_text(double value, int decimals) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

// Numbers only where they fit into their cells.
double number_size(const Canvas& canvas, const HeatMap& heat, double width, double height) {
  if (heat.decimals < 0) return 0;
  double size = std::min(12.0, height * 0.55);
  double widest = 0;
  for (const double value : heat.values) {
    if (std::isfinite(value)) widest = std::max(widest, canvas.text_width(cell_text(value, heat.decimals), {size}));
  }
  if (widest > width * 0.9) size *= width * 0.9 / widest;
  return size < 4.5 ? 0 : size;
}

void draw_cells(Canvas* canvas, const Area& plot, const HeatMap& heat, double highest) {
  const double width = plot.width / heat.columns, height = plot.height / heat.rows;
  const double size = number_size(*canvas, heat, width, height);
  for (int row = 0; row < heat.rows; ++row) {
    for (int column = 0; column < heat.columns; ++column) {
      const double value = heat.values[static_cast<size_t>(row) * heat.columns + column];
      if (!std::isfinite(value)) continue;
      const Colour colour = heat_colour(highest > 0 ? value / highest : 0);
      const Area cell{plot.x + column * width, plot.y + row * height, width, height};
      canvas->fill({cell.x, cell.y, cell.width + 0.3, cell.height + 0.3}, colour);
      if (size > 0 && value != 0) {
        canvas->text(cell.x + width / 2, cell.y + height / 2 + size * 0.36, cell_text(value, heat.decimals),
                     {size, text_on(colour), Align::Centre});
      }
    }
  }
}

void draw_names(Canvas* canvas, const Area& plot, const HeatMap& heat) {
  const double width = plot.width / heat.columns, height = plot.height / heat.rows;
  const auto skip = [](double room) { return static_cast<size_t>(std::max(1.0, std::ceil(11 / room))); };
  for (size_t row = 0; row < heat.row_names.size(); row += skip(height)) {
    TextStyle style = kNameStyle;
    style.align = Align::Right;
    canvas->text(plot.x - 6, plot.y + (static_cast<double>(row) + 0.5) * height + 3.4,
                 fitted(*canvas, heat.row_names[row], style, 110), style);
  }
  const bool turned = longest(*canvas, heat.column_names) > width * 0.95;
  for (size_t column = 0; column < heat.column_names.size(); column += turned ? skip(width) : 1) {
    TextStyle style = kNameStyle;
    style.align = turned ? Align::Right : Align::Centre;
    style.turn = turned ? -50 : 0;
    const double x = plot.x + (static_cast<double>(column) + 0.5) * width;
    canvas->text(x + (turned ? 3 : 0), plot.bottom() + (turned ? 10 : 14),
                 fitted(*canvas, heat.column_names[column], style, 110), style);
  }
}

void draw_bar(Canvas* canvas, const Area& plot, double highest, int decimals) {
  constexpr int kSteps = 64;
  const double x = plot.right() + 14;
  for (int i = 0; i < kSteps; ++i) {
    const double top = plot.bottom() - plot.height * (i + 1) / kSteps;
    canvas->fill({x, top, kBarWidth, plot.height / kSteps + 0.4}, heat_colour((i + 0.5) / kSteps));
  }
  canvas->frame({x, plot.y, kBarWidth, plot.height}, kFaint, 0.8);
  const AxisRange range{0, highest > 0 ? highest : 1};
  for (const double tick : nice_ticks(range, 6)) {
    if (decimals <= 0 && tick != std::round(tick)) continue;  // counts
    const double step = std::max(nice_step(range, 6), decimals > 0 ? 0.0 : 1.0);
    canvas->text(x + kBarWidth + 4, plot.bottom() - tick / range.high * plot.height + 3.4, tick_text(tick, step),
                 kNameStyle);
  }
}

}  // namespace

void draw_heat(Canvas* canvas, Area area, const Chart& chart) {
  const HeatMap& heat = *chart.heat;
  if (heat.rows < 1 || heat.columns < 1) return;
  const double left = longest(*canvas, heat.row_names) + (chart.y_label.empty() ? 10 : 26);
  Area plot{area.x + left, area.y + 2, area.width - left - kBarRoom, 0};
  const double names = longest(*canvas, heat.column_names);
  const double turned = names > plot.width / heat.columns * 0.95 ? names * 0.77 + 8 : 18;
  plot.height = area.height - 4 - (heat.column_names.empty() ? 6 : turned) - (chart.x_label.empty() ? 0 : 16);
  double highest = 0;
  for (const double value : heat.values) highest = std::isfinite(value) ? std::max(highest, value) : highest;
  draw_cells(canvas, plot, heat, highest);
  canvas->frame(plot, kInk, 0.9);
  draw_names(canvas, plot, heat);
  draw_bar(canvas, plot, highest, heat.decimals);
  TextStyle style{10.5, kInk, Align::Centre};
  if (!chart.x_label.empty()) canvas->text(plot.x + plot.width / 2, area.bottom() - 4, chart.x_label, style);
  style.turn = -90;
  if (!chart.y_label.empty()) canvas->text(area.x + 11, plot.y + plot.height / 2, chart.y_label, style);
}

}  // namespace cairn
