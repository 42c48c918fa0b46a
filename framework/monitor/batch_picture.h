// Pictures with boxes: one, or a mosaic of a batch.
#pragma once
#include <span>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include <cairn/sample.h>

namespace cairn {

struct DrawnBox {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;  // pixels of the picture
  int32_t class_id = 0;
  float score = -1;  // negative: a label, shown without number
};

std::vector<DrawnBox> drawn(std::span<const Box> boxes);

// Class names may be fewer than the ids used: the number stands in then. The picture is 8-bit BGR and is not changed.
cv::Mat draw_boxes(const cv::Mat& picture, std::span<const DrawnBox> boxes, std::span<const std::string> names);

struct BatchPictureOptions {
  int max_images = 16;
  int max_side = 1920;      // pixels of the mosaic's longer side
  float min_score = 0.25f;  // boxes with a score below are left out
};

// A near-square mosaic. `captions`: beside the pictures, or empty.
cv::Mat draw_batch(std::span<const cv::Mat> pictures, std::span<const std::vector<DrawnBox>> boxes,
                   std::span<const std::string> names, std::span<const std::string> captions = {},
                   const BatchPictureOptions& options = {});

// Planar 8-bit RGB, images x 3 x height x width, as a batch holds it -> BGR pictures.
std::vector<cv::Mat> planar_to_pictures(std::span<const uint8_t> bytes, int64_t images, int64_t height, int64_t width);

}  // namespace cairn
