// The inside of a chart with axes: where a value lies on the canvas. For chart.cpp and its parts.
#pragma once
#include "monitor/chart.h"

namespace cairn {

inline constexpr Colour kInk{0.20, 0.21, 0.24}, kFaint{0.90, 0.91, 0.93}, kPaper{1, 1, 1};

struct Frame {
  Area plot;
  AxisRange x, y;
  double at_x(double value) const { return plot.x + (value - x.low) / x.length() * plot.width; }
  double at_y(double value) const { return plot.bottom() - (value - y.low) / y.length() * plot.height; }
};

// Cuts the words, at a whole UTF-8 character, until they fit; "…" stands for the rest.
std::string fitted(const Canvas& canvas, std::string words, const TextStyle& style, double width);

void draw_series(Canvas* canvas, const Frame& frame, const Series& series);
void draw_legend(Canvas* canvas, const Frame& frame, const Chart& chart);  // inside: in the emptiest corner
double legend_width(const Canvas& canvas, const Chart& chart);  // of the column beside the plot; 0 when there is none
void draw_heat(Canvas* canvas, Area area, const Chart& chart);  // everything but the title

}  // namespace cairn
