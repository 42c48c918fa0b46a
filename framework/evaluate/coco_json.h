// Plain COCO files: instances JSON and results lists. Image ids with gaps, any category ids, rows in any order.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "evaluate/coco_metrics.h"
#include "evaluate/detection.h"

namespace cairn {

struct CocoSet {
  std::vector<int64_t> image_ids;       // rising
  std::vector<std::string> file_names;  // beside image_ids
  std::vector<int64_t> category_ids;    // rising: a class_id is an index into it
  std::vector<std::string> category_names;
  std::vector<CocoImage> images;  // beside image_ids
  int64_t annotations = 0, crowds = 0, detections = 0;
};

struct CocoLimits {
  uint64_t max_file_bytes = uint64_t{1} << 30;
  int64_t max_rows = int64_t{1} << 24;  // of images, annotations, detections
};

// InvalidArgument names the file and the place ("annotations[12].bbox[2]", or line and column for what is not JSON).
CocoSet read_coco_annotations(const std::filesystem::path& file, const CocoLimits& = {});
// Adds a results list to the set. An image or category that the set lacks is InvalidArgument.
void read_coco_detections(const std::filesystem::path& file, CocoSet* set, const CocoLimits& = {});

// The set as fast AP and the confusion matrix see it: corners in float32.
std::vector<EvaluatedImage> to_evaluated(const CocoSet& set);

}  // namespace cairn
