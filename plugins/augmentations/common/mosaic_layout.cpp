#include "common/mosaic_layout.h"

namespace cairn::augment {
namespace {

// The tile's corner lies at `origin` of the canvas; only what falls into `window` shows.
TilePlacement place(cv::Size tile, cv::Point origin, const cv::Rect& window, const Bounds& clip) {
  const cv::Rect shown = cv::Rect(origin, tile) & window;
  return {shown, shown.empty() ? cv::Rect() : shown - origin, origin, clip};
}

// Where a tile of this length begins in cell 0, 1 or 2 of a row.
int lean(int cell, int cell_length, int length) {
  const int room = cell_length - length;
  return cell * cell_length + (cell == 0 ? room : cell == 1 ? room / 2 : 0);
}

}  // namespace

std::vector<TilePlacement> place_four(cv::Size canvas, cv::Point centre, std::span<const cv::Size> tiles) {
  const cv::Rect window({0, 0}, canvas);
  std::vector<TilePlacement> places;
  for (int i = 0; i < 4; ++i) {
    const cv::Size size = tiles[i];
    const cv::Point origin(i % 2 == 0 ? centre.x - size.width : centre.x, i < 2 ? centre.y - size.height : centre.y);
    places.push_back(place(size, origin, window, bounds_of(window)));
  }
  return places;
}

std::vector<TilePlacement> place_nine(cv::Size canvas, cv::Point corner, std::span<const cv::Size> tiles) {
  const cv::Size cell(canvas.width / 2, canvas.height / 2);
  std::vector<TilePlacement> places;
  for (int i = 0; i < 9; ++i) {
    const int column = i % 3, row = i / 3;
    const cv::Size size = tiles[i];
    const cv::Point origin =
        cv::Point(lean(column, cell.width, size.width), lean(row, cell.height, size.height)) - corner;
    const cv::Rect window =
        cv::Rect(cv::Point(column * cell.width, row * cell.height) - corner, cell) & cv::Rect({0, 0}, canvas);
    places.push_back(place(size, origin, window, bounds_of(window)));
  }
  return places;
}

}  // namespace cairn::augment
