// What was found and what is there, per picture.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <cairn/sample.h>

namespace cairn {

// Corners in pixels: of the network's input as post-processing returns it, of the file's picture after
// to_file_pixels().
struct Detection {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  float score = 0;
  int32_t class_id = 0;
  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
};
using Detections = std::vector<Detection>;  // of one picture

// One picture of an evaluation, all boxes in pixels of the file. A crowd (Box::flags) counts for COCO and for nothing
// else; a difficult object counts like any other.
struct EvaluatedImage {
  int64_t id = 0;
  std::vector<Box> targets;
  Detections detections;
};

// From the network's input back to the file's picture, cut at its edges.
Detections to_file_pixels(Detections detections, const Mapping& mapping);

// Indices of the scores from high to low; equal scores keep their order.
std::vector<int32_t> by_falling_score(std::span<const Detection> detections);

// Intersection over union in float32; 0 where the union is empty.
float overlap(const Detection& detection, const Box& target);

}  // namespace cairn
