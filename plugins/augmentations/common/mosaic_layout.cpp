#include "common/mosaic_layout.h"

#include <algorithm>
#include <array>

namespace cairn::augment {
namespace {

// The tile's corner lies at `origin` of the canvas; only what falls into `window` shows.
TilePlacement place(cv::Size tile, cv::Point origin, const cv::Rect& window, const Bounds& clip) {
  const cv::Rect shown = cv::Rect(origin, tile) & window;
  return {shown, shown.empty() ? cv::Rect() : shown - origin, origin, clip};
}

// One axis of the grid of nine.
struct Cells {
  std::array<int, 4> edges;
  Cells(int side, int middle) {
    middle = std::min(middle, side);
    const int first = (3 * side - middle) / 2;
    edges = {0, first, first + middle, 3 * side};
  }
  // Where a tile of this length begins.
  int lean(int cell, int length) const {
    const int room = edges[cell + 1] - edges[cell] - length;
    return edges[cell] + (cell == 0 ? room : cell == 1 ? room / 2 : 0);
  }
};

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
  const Cells columns(canvas.width / 2, tiles[4].width), rows(canvas.height / 2, tiles[4].height);
  std::vector<TilePlacement> places;
  for (int i = 0; i < 9; ++i) {
    const int column = i % 3, row = i / 3;
    const cv::Point origin = cv::Point(columns.lean(column, tiles[i].width), rows.lean(row, tiles[i].height)) - corner;
    const cv::Rect cell(cv::Point(columns.edges[column], rows.edges[row]) - corner,
                        cv::Point(columns.edges[column + 1], rows.edges[row + 1]) - corner);
    const cv::Rect window = cell & cv::Rect({0, 0}, canvas);
    places.push_back(place(tiles[i], origin, window, bounds_of(window)));
  }
  return places;
}

}  // namespace cairn::augment
