#include <algorithm>
#include <array>
#include <cmath>

#include "monitor/chart_frame.h"

namespace cairn {
namespace {

constexpr size_t kLegendRows = 16;
constexpr double kRowHeight = 14, kMark = 16;
const TextStyle kLegendStyle{9.5, kInk};

bool drawable(const Series& series, size_t i) {
  return std::isfinite(series.x[i]) && std::isfinite(series.y[i]);
}

void draw_line(Canvas* canvas, const Frame& frame, const Series& series) {
  std::vector<cv::Point2d> run;
  const auto flush = [&] {
    if (run.size() == 1) canvas->dot(run[0].x, run[0].y, series.width * 1.2, series.colour);
    if (run.size() > 1) canvas->path(run, series.colour, series.width);
    run.clear();
  };
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!drawable(series, i)) {
      flush();
      continue;
    }
    run.emplace_back(frame.at_x(series.x[i]), frame.at_y(series.y[i]));
  }
  flush();
}

void draw_bars(Canvas* canvas, const Frame& frame, const Series& series) {
  const double width = frame.plot.width / frame.x.length() * 0.8;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!drawable(series, i)) continue;
    const double top = frame.at_y(series.y[i]), floor = frame.at_y(0);
    canvas->fill({frame.at_x(series.x[i]) - width / 2, std::min(top, floor), width, std::abs(floor - top)},
                 series.colour);
  }
}

struct Entry {
  std::string name;
  Colour colour;
};

// The names that get a row; when there are too many, the last row says how many are left out.
std::vector<Entry> legend_entries(const Chart& chart) {
  std::vector<Entry> entries;
  for (const Series& series : chart.series) {
    if (!series.name.empty()) entries.push_back({series.name, series.colour});
  }
  if (entries.size() > kLegendRows) {
    const size_t hidden = entries.size() - kLegendRows + 1;
    entries.resize(kLegendRows - 1);
    entries.push_back({"and " + std::to_string(hidden) + " more", {0, 0, 0, 0}});
  }
  return entries;
}

double entries_width(const Canvas& canvas, const std::vector<Entry>& entries) {
  double width = 0;
  for (const Entry& entry : entries) width = std::max(width, canvas.text_width(entry.name, kLegendStyle));
  return std::min(width, 150.0) + kMark + 18;
}

int64_t points_inside(const Frame& frame, const Chart& chart, const Area& box) {
  int64_t count = 0;
  for (const Series& series : chart.series) {
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!drawable(series, i)) continue;
      const double x = frame.at_x(series.x[i]), y = frame.at_y(series.y[i]);
      count += x >= box.x && x <= box.right() && y >= box.y && y <= box.bottom() ? 1 : 0;
    }
  }
  return count;
}

Area emptiest_corner(const Frame& frame, const Chart& chart, double width, double height) {
  const double left = frame.plot.x + 6, right = frame.plot.right() - width - 6;
  const double top = frame.plot.y + 6, bottom = frame.plot.bottom() - height - 6;
  const std::array<Area, 4> corners = {Area{right, top, width, height}, Area{left, top, width, height},
                                       Area{right, bottom, width, height}, Area{left, bottom, width, height}};
  return *std::ranges::min_element(corners, {},
                                   [&](const Area& corner) { return points_inside(frame, chart, corner); });
}

}  // namespace

std::string fitted(const Canvas& canvas, std::string words, const TextStyle& style, double width) {
  if (canvas.text_width(words, style) <= width) return words;
  while (!words.empty() && canvas.text_width(words + "…", style) > width) {
    while (words.size() > 1 && (static_cast<unsigned char>(words.back()) & 0xC0) == 0x80) words.pop_back();
    words.pop_back();
  }
  return words + "…";
}

void draw_series(Canvas* canvas, const Frame& frame, const Series& series) {
  switch (series.style) {
    case Series::Style::Line:
      return draw_line(canvas, frame, series);
    case Series::Style::Bars:
      return draw_bars(canvas, frame, series);
    case Series::Style::Points:
      break;
  }
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (drawable(series, i))
      canvas->dot(frame.at_x(series.x[i]), frame.at_y(series.y[i]), series.width / 2, series.colour);
  }
}

double legend_width(const Canvas& canvas, const Chart& chart) {
  const auto entries = legend_entries(chart);
  return chart.legend == Chart::Legend::Beside && !entries.empty() ? entries_width(canvas, entries) : 0;
}

void draw_legend(Canvas* canvas, const Frame& frame, const Chart& chart) {
  const auto entries = legend_entries(chart);
  if (entries.empty()) return;
  const double width = entries_width(*canvas, entries), height = static_cast<double>(entries.size()) * kRowHeight + 7;
  Area box{frame.plot.right() + 8, frame.plot.y, width, height};
  if (chart.legend == Chart::Legend::Inside) {
    box = emptiest_corner(frame, chart, width, height);
    canvas->fill(box, {1, 1, 1, 0.85});
    canvas->frame(box, kFaint, 0.8);
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const double y = box.y + 3.5 + (static_cast<double>(i) + 0.5) * kRowHeight;
    canvas->line(box.x + 6, y, box.x + kMark + 2, y, entries[i].colour, 2.4);
    canvas->text(box.x + kMark + 8, y + 3.4, fitted(*canvas, entries[i].name, kLegendStyle, 150), kLegendStyle);
  }
}

}  // namespace cairn
