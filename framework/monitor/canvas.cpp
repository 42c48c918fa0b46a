#include "monitor/canvas.h"

#include <cairo.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <opencv2/imgcodecs.hpp>

#include <cairn/error.h>
#include <cairn/file.h>

namespace cairn {
namespace {

constexpr int kMaxSide = 16384;  // pixels of a picture drawn here
constexpr const char* kFont = "DejaVu Sans";

struct SurfaceEnd {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct ContextEnd {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceEnd>;

Surface make_surface(int width, int height) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    fail(Code::InvalidArgument, "cannot draw a picture of ", width, " x ", height, " pixels: 1 to ", kMaxSide,
         " a side");
  }
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  if (const auto status = cairo_surface_status(surface.get()); status != CAIRO_STATUS_SUCCESS) {
    fail(Code::ResourceExhausted, "cannot make a picture of ", width, " x ", height,
         " pixels: ", cairo_status_to_string(status));
  }
  return surface;
}

// Cairo keeps a pixel in four bytes: blue, green, red, unused.
Surface surface_from(const cv::Mat& bgr) {
  if (bgr.type() != CV_8UC3) fail(Code::InvalidArgument, "drawing expects an 8-bit BGR picture");
  Surface surface = make_surface(bgr.cols, bgr.rows);
  cairo_surface_flush(surface.get());
  uint8_t* pixels = cairo_image_surface_get_data(surface.get());
  const int stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < bgr.rows; ++y) {
    const uint8_t* from = bgr.ptr<uint8_t>(y);
    uint8_t* to = pixels + static_cast<size_t>(y) * stride;
    for (int x = 0; x < bgr.cols; ++x, from += 3, to += 4) std::memcpy(to, from, 3);
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

}  // namespace

struct Canvas::Impl {
  Surface surface;
  std::unique_ptr<cairo_t, ContextEnd> context;
  double width = 0, height = 0;

  explicit Impl(Surface made) : surface(std::move(made)), context(cairo_create(surface.get())) {}
  cairo_t* with(Colour colour) const {
    cairo_set_source_rgba(context.get(), colour.red, colour.green, colour.blue, colour.alpha);
    return context.get();
  }
  cairo_t* with(const TextStyle& style) const {
    cairo_select_font_face(context.get(), kFont, CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context.get(), style.size);
    return with(style.colour);
  }
};

Canvas::Canvas(double width, double height, double scale)
    : impl_(std::make_unique<Impl>(
          make_surface(static_cast<int>(std::lround(width * scale)), static_cast<int>(std::lround(height * scale))))) {
  impl_->width = width;
  impl_->height = height;
  cairo_paint(impl_->with(Colour{1, 1, 1}));
  cairo_scale(impl_->context.get(), scale, scale);
  cairo_set_line_join(impl_->context.get(), CAIRO_LINE_JOIN_ROUND);
}

Canvas::Canvas(const cv::Mat& bgr) : impl_(std::make_unique<Impl>(surface_from(bgr))) {
  impl_->width = bgr.cols;
  impl_->height = bgr.rows;
}

Canvas::~Canvas() = default;
Canvas::Canvas(Canvas&&) noexcept = default;

double Canvas::width() const {
  return impl_->width;
}
double Canvas::height() const {
  return impl_->height;
}

void Canvas::fill(Area area, Colour colour) {
  cairo_t* c = impl_->with(colour);
  cairo_rectangle(c, area.x, area.y, area.width, area.height);
  cairo_fill(c);
}

void Canvas::frame(Area area, Colour colour, double line_width) {
  cairo_t* c = impl_->with(colour);
  cairo_set_line_width(c, line_width);
  cairo_rectangle(c, area.x, area.y, area.width, area.height);
  cairo_stroke(c);
}

void Canvas::line(double x1, double y1, double x2, double y2, Colour colour, double line_width) {
  path({{x1, y1}, {x2, y2}}, colour, line_width);
}

void Canvas::path(const std::vector<cv::Point2d>& points, Colour colour, double line_width) {
  cairo_t* c = impl_->with(colour);
  cairo_set_line_width(c, line_width);
  for (const cv::Point2d& p : points) cairo_line_to(c, p.x, p.y);
  cairo_stroke(c);
}

void Canvas::dot(double x, double y, double radius, Colour colour) {
  cairo_t* c = impl_->with(colour);
  cairo_new_sub_path(c);
  cairo_arc(c, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(c);
}

void Canvas::text(double x, double y, const std::string& words, const TextStyle& style) {
  cairo_t* c = impl_->with(style);
  const double width = style.align == Align::Left ? 0 : text_width(words, style);
  cairo_save(c);
  cairo_translate(c, x, y);
  cairo_rotate(c, style.turn * std::numbers::pi / 180);
  cairo_move_to(c, style.align == Align::Centre ? -width / 2 : -width, 0);
  cairo_show_text(c, words.c_str());
  cairo_restore(c);
  cairo_new_path(c);
}

double Canvas::text_width(const std::string& words, const TextStyle& style) const {
  cairo_text_extents_t extents;
  cairo_text_extents(impl_->with(style), words.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::picture(const cv::Mat& bgr, Area area) {
  const Surface source = surface_from(bgr);
  cairo_t* c = impl_->context.get();
  cairo_save(c);
  cairo_rectangle(c, area.x, area.y, area.width, area.height);
  cairo_clip(c);
  cairo_translate(c, area.x, area.y);
  cairo_scale(c, area.width / bgr.cols, area.height / bgr.rows);
  cairo_set_source_surface(c, source.get(), 0, 0);
  cairo_pattern_set_filter(cairo_get_source(c), CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend(cairo_get_source(c), CAIRO_EXTEND_PAD);
  cairo_paint(c);
  cairo_restore(c);
}

void Canvas::clip(Area area) {
  cairo_save(impl_->context.get());
  cairo_rectangle(impl_->context.get(), area.x, area.y, area.width, area.height);
  cairo_clip(impl_->context.get());
}

void Canvas::unclip() {
  cairo_restore(impl_->context.get());
}

cv::Mat Canvas::image() const {
  cairo_surface_flush(impl_->surface.get());
  const int width = cairo_image_surface_get_width(impl_->surface.get());
  const int height = cairo_image_surface_get_height(impl_->surface.get());
  const int stride = cairo_image_surface_get_stride(impl_->surface.get());
  const uint8_t* pixels = cairo_image_surface_get_data(impl_->surface.get());
  cv::Mat bgr(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    const uint8_t* from = pixels + static_cast<size_t>(y) * stride;
    uint8_t* to = bgr.ptr<uint8_t>(y);
    for (int x = 0; x < width; ++x, from += 4, to += 3) std::memcpy(to, from, 3);
  }
  return bgr;
}

void write_picture(const cv::Mat& bgr, const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  std::vector<uint8_t> bytes;
  const std::vector<int> options = {cv::IMWRITE_JPEG_QUALITY, 92, cv::IMWRITE_PNG_COMPRESSION, 6};
  if ((extension != ".png" && extension != ".jpg") || !cv::imencode(extension, bgr, bytes, options)) {
    fail(Code::InvalidArgument, "cannot write ", path.string(), ": a picture's name ends in .png or .jpg");
  }
  write_durably(real_files(), path, std::as_bytes(std::span(bytes)));
}

}  // namespace cairn
