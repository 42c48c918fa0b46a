// A picture to draw on with cairo, in user units of `scale` pixels each. Text is DejaVu Sans.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include "monitor/palette.h"

namespace cairn {

struct Area {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

enum class Align { Left, Centre, Right };
struct TextStyle {
  double size = 11;
  Colour colour{0.13, 0.13, 0.15};
  Align align = Align::Left;
  bool bold = false;
  double turn = 0;  // degrees, clockwise, about the anchor
};

class Canvas {
 public:
  Canvas(double width, double height, double scale);  // filled white
  explicit Canvas(const cv::Mat& bgr);                // a copy of an 8-bit BGR picture, one unit a pixel
  ~Canvas();
  Canvas(Canvas&&) noexcept;

  double width() const;
  double height() const;
  void fill(Area area, Colour colour);
  void frame(Area area, Colour colour, double line_width);
  void line(double x1, double y1, double x2, double y2, Colour colour, double line_width);
  void path(const std::vector<cv::Point2d>& points, Colour colour, double line_width);
  void dot(double x, double y, double radius, Colour colour);
  // (x, y): the baseline's left end, centre or right end.
  void text(double x, double y, const std::string& words, const TextStyle& style);
  double text_width(const std::string& words, const TextStyle& style) const;
  void picture(const cv::Mat& bgr, Area area);
  void clip(Area area);  // until unclip()
  void unclip();
  cv::Mat image() const;  // 8-bit BGR

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// .png or .jpg; written durably, its folder is made when missing.
void write_picture(const cv::Mat& bgr, const std::filesystem::path& path);

}  // namespace cairn
