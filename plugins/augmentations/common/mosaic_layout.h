// Where the tiles of a mosaic go. The canvas is twice the output on each axis.
#pragma once
#include <span>
#include <vector>

#include <opencv2/core.hpp>

#include "common/labels.h"

namespace cairn::augment {

struct TilePlacement {
  cv::Rect canvas;  // what the tile covers; may be empty
  cv::Rect source;  // the same size, in the tile's own pixels
  cv::Point shift;  // canvas corner minus source corner: moves the tile's labels
  Bounds clip;      // what labels are clipped to
};

// Top-left, top-right, bottom-left, bottom-right: the tiles meet at `centre` and are cut by the canvas. tiles has 4
// sizes.
std::vector<TilePlacement> place_four(cv::Size canvas, cv::Point centre, std::span<const cv::Size> tiles);

// Row by row in a grid of 3 x 3 cells, three times half the canvas in all, of which the canvas shows the part that
// begins at `corner` (0 .. half the canvas). The middle cell is as large as its tile, at most half the canvas, so that
// it is always seen whole; outer tiles lean against it, or are centred beside it. A tile is cut by its cell, so none
// covers another's objects. tiles has 9 sizes.
std::vector<TilePlacement> place_nine(cv::Size canvas, cv::Point corner, std::span<const cv::Size> tiles);

}  // namespace cairn::augment
