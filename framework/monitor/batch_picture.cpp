#include "monitor/batch_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <cairn/error.h>

#include "monitor/canvas.h"

namespace cairn {
namespace {

constexpr int kMaxNamedBoxes = 120;  // in one picture; beyond that the frames alone

std::string label_of(const DrawnBox& box, std::span<const std::string> names) {
  const bool known = box.class_id >= 0 && static_cast<size_t>(box.class_id) < names.size();
  std::string label = known ? names[box.class_id] : std::to_string(box.class_id);
  if (box.score < 0) return label;
  char number[16];
  std::snprintf(number, sizeof number, " %.2f", static_cast<double>(box.score));
  return label + number;
}

// Where the picture lies on the canvas, and how large its pixels are there.
struct Placed {
  Area area;
  double scale = 1;
  double pen = 2, text = 12;
};

void draw_label(Canvas* canvas, const Placed& placed, const Area& box, const std::string& words, Colour colour) {
  const TextStyle style{placed.text, text_on(colour)};
  const double width = canvas->text_width(words, style) + placed.text * 0.5, height = placed.text * 1.3;
  const double x =
      std::clamp(box.x - placed.pen / 2, placed.area.x, std::max(placed.area.x, placed.area.right() - width));
  const double above = box.y - height;
  const double y = above >= placed.area.y ? above : std::max(box.y, placed.area.y);
  canvas->fill({x, y, width, height}, colour);
  canvas->text(x + placed.text * 0.25, y + placed.text * 1.0, words, style);
}

void draw_on(Canvas* canvas, const Placed& placed, std::span<const DrawnBox> boxes,
             std::span<const std::string> names) {
  canvas->clip(placed.area);
  std::vector<DrawnBox> ordered;
  std::ranges::copy_if(boxes, std::back_inserter(ordered), [](const DrawnBox& b) {
    return std::isfinite(b.x1) && std::isfinite(b.y1) && std::isfinite(b.x2) && std::isfinite(b.y2);
  });
  std::ranges::stable_sort(ordered, {}, &DrawnBox::score);  // the surest on top
  std::vector<Area> areas;
  for (const DrawnBox& b : ordered) {
    areas.push_back({placed.area.x + b.x1 * placed.scale, placed.area.y + b.y1 * placed.scale,
                     (b.x2 - b.x1) * placed.scale, (b.y2 - b.y1) * placed.scale});
    canvas->frame(areas.back(), class_colour(b.class_id), placed.pen);
  }
  for (size_t i = 0; i < ordered.size() && ordered.size() <= kMaxNamedBoxes; ++i) {
    draw_label(canvas, placed, areas[i], label_of(ordered[i], names), class_colour(ordered[i].class_id));
  }
  canvas->unclip();
}

Placed whole(const cv::Mat& picture) {
  const double side = std::max(picture.cols, picture.rows);
  return {{0, 0, static_cast<double>(picture.cols), static_cast<double>(picture.rows)},
          1,
          std::clamp(side / 400, 1.4, 8.0),
          std::clamp(side / 52, 9.0, 48.0)};
}

void draw_caption(Canvas* canvas, const Area& tile, const std::string& words) {
  const TextStyle style{std::clamp(tile.width / 36, 8.0, 14.0), {1, 1, 1}};
  std::string shown = words.size() > 60 ? "..." + words.substr(words.size() - 57) : words;
  canvas->fill(
      {tile.x, tile.bottom() - style.size * 1.4, canvas->text_width(shown, style) + style.size * 0.7, style.size * 1.4},
      {0, 0, 0, 0.6});
  canvas->text(tile.x + style.size * 0.3, tile.bottom() - style.size * 0.4, shown, style);
}

// The grid of a mosaic: every tile has the size of the largest picture, shrunk so that the whole stays in bounds.
struct Grid {
  int columns = 1, rows = 1;
  double tile_width = 1, tile_height = 1, scale = 1;
};

Grid grid_for(std::span<const cv::Mat> pictures, const BatchPictureOptions& options) {
  Grid grid;
  const auto count = static_cast<int>(pictures.size());
  grid.columns = std::max(1, static_cast<int>(std::ceil(std::sqrt(count))));
  grid.rows = std::max(1, (count + grid.columns - 1) / grid.columns);
  for (const cv::Mat& picture : pictures) {
    grid.tile_width = std::max(grid.tile_width, static_cast<double>(picture.cols));
    grid.tile_height = std::max(grid.tile_height, static_cast<double>(picture.rows));
  }
  const double longer = std::max(grid.columns * grid.tile_width, grid.rows * grid.tile_height);
  grid.scale = std::min(1.0, options.max_side / longer);
  grid.tile_width = std::max(1.0, std::floor(grid.tile_width * grid.scale));
  grid.tile_height = std::max(1.0, std::floor(grid.tile_height * grid.scale));
  return grid;
}

}  // namespace

std::vector<DrawnBox> drawn(std::span<const Box> boxes) {
  std::vector<DrawnBox> result;
  for (const Box& box : boxes) result.push_back({box.x1, box.y1, box.x2, box.y2, box.class_id, -1});
  return result;
}

cv::Mat draw_boxes(const cv::Mat& picture, std::span<const DrawnBox> boxes, std::span<const std::string> names) {
  Canvas canvas(picture);
  draw_on(&canvas, whole(picture), boxes, names);
  return canvas.image();
}

cv::Mat draw_batch(std::span<const cv::Mat> pictures, std::span<const std::vector<DrawnBox>> boxes,
                   std::span<const std::string> names, std::span<const std::string> captions,
                   const BatchPictureOptions& options) {
  if (boxes.size() != pictures.size() || (!captions.empty() && captions.size() != pictures.size())) {
    fail(Code::InvalidArgument, "a batch of ", pictures.size(), " pictures with ", boxes.size(), " lists of boxes and ",
         captions.size(), " captions");
  }
  const auto shown = pictures.first(std::min(pictures.size(), static_cast<size_t>(std::max(options.max_images, 1))));
  const Grid grid = grid_for(shown, options);
  Canvas canvas(grid.columns * grid.tile_width, grid.rows * grid.tile_height, 1);
  for (size_t i = 0; i < shown.size(); ++i) {
    const Area tile{static_cast<double>(i % grid.columns) * grid.tile_width,
                    static_cast<double>(i / grid.columns) * grid.tile_height, grid.tile_width, grid.tile_height};
    Placed placed = whole(shown[i]);
    placed.area = {tile.x, tile.y, shown[i].cols * grid.scale, shown[i].rows * grid.scale};
    placed.scale = grid.scale;
    placed.pen = std::clamp(grid.tile_width / 300, 1.2, 3.0);
    placed.text = std::clamp(grid.tile_width / 42, 8.0, 16.0);
    canvas.picture(shown[i], placed.area);
    std::vector<DrawnBox> sure;
    std::ranges::copy_if(boxes[i], std::back_inserter(sure),
                         [&](const DrawnBox& b) { return b.score < 0 || b.score >= options.min_score; });
    draw_on(&canvas, placed, sure, names);
    if (!captions.empty()) draw_caption(&canvas, tile, captions[i]);
    canvas.frame(tile, {1, 1, 1}, 2);
  }
  return canvas.image();
}

std::vector<cv::Mat> planar_to_pictures(std::span<const uint8_t> bytes, int64_t images, int64_t height, int64_t width) {
  if (images < 0 || height < 1 || width < 1 || static_cast<int64_t>(bytes.size()) != images * 3 * height * width) {
    fail(Code::InvalidArgument, "a batch of ", images, " x 3 x ", height, " x ", width,
         " needs another number of bytes than ", bytes.size());
  }
  std::vector<cv::Mat> pictures;
  const int64_t plane = height * width;
  for (int64_t i = 0; i < images; ++i) {
    cv::Mat picture(static_cast<int>(height), static_cast<int>(width), CV_8UC3);
    const uint8_t* red = bytes.data() + i * 3 * plane;
    uint8_t* to = picture.ptr<uint8_t>();
    for (int64_t at = 0; at < plane; ++at, to += 3) {
      to[0] = red[2 * plane + at];
      to[1] = red[plane + at];
      to[2] = red[at];
    }
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

}  // namespace cairn
