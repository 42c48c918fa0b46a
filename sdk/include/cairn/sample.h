// A picture with its boxes, as it travels from the dataset through the augmentations.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

namespace cairn {

enum BoxFlag : uint8_t { kCrowd = 1, kDifficult = 2 };

// Corners in pixels, continuous: the left edge of the first pixel is 0, the right edge of the last is the width.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  int32_t class_id = 0;
  uint8_t flags = 0;
  float area = 0;  // the annotation's own area where it has one (a mask's), else width times height
  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
};

// Rings of corner points in pixels. Empty: the object has no outline.
struct Polygon {
  std::vector<std::vector<cv::Point2f>> rings;
};

// Which stages of the chain were applied to a sample; bit i is the i-th [[augmentation]] of the pipeline.
struct Applied {
  uint64_t stages = 0;
  bool has(int stage) const { return (stages >> stage & 1) != 0; }
  void set(int stage) { stages |= uint64_t{1} << stage; }
};

// How the present picture came from the file's: x_file = (x - pad_left) / scale_x. Kept by letterbox; used to map
// predictions back.
struct Mapping {
  int file_width = 0, file_height = 0;  // after EXIF rotation
  double scale_x = 1, scale_y = 1, pad_left = 0, pad_top = 0;
};

struct Sample {
  cv::Mat image;  // 8-bit BGR, continuous or not
  std::vector<Box> boxes;
  std::vector<Polygon> polygons;  // empty, or one per box
  Applied applied;
  Mapping mapping;
  int64_t index = 0;  // in the dataset
  // The picture, for writing: copied first when its pixels are shared (with the cache, or another sample).
  cv::Mat& writable() {
    if (image.u == nullptr || image.u->refcount != 1) image = image.clone();
    return image;
  }
};

}  // namespace cairn
