// Charts as plain data, and one function that draws a grid of them.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "monitor/canvas.h"
#include "monitor/ticks.h"

namespace cairn {

struct Series {
  enum class Style { Line, Points, Bars } style = Style::Line;
  std::string name;          // in the legend; empty: none
  std::vector<double> x, y;  // equal lengths; a value that is not finite breaks the line
  Colour colour{0.12, 0.35, 0.75};
  double width = 1.6;  // of the line, or the points' diameter
};

struct HeatMap {
  int rows = 0, columns = 0;
  std::vector<double> values;                        // row by row; NaN: an empty cell
  std::vector<std::string> row_names, column_names;  // empty: no names
  int decimals = 0;                                  // of the numbers in the cells; negative: no numbers
};

struct Chart {
  std::string title, x_label, y_label;
  std::vector<Series> series;                 // the first lies on top
  std::optional<HeatMap> heat;                // instead of axes with numbers
  std::vector<std::string> categories;        // names along x, for bars at 0, 1, 2, ...
  std::optional<AxisRange> x_range, y_range;  // default: from the values
  enum class Legend { None, Inside, Beside } legend = Legend::Inside;
};

struct Figure {
  std::vector<Chart> charts;  // row by row
  int columns = 1;
  double chart_width = 480, chart_height = 340;  // units
  double scale = 2;                              // pixels a unit
};

cv::Mat draw(const Figure& figure);
void draw_chart(Canvas* canvas, Area area, const Chart& chart);

}  // namespace cairn
