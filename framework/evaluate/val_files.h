// `cairn val --detections D.json --annotations G.json`: every figure from two COCO files, without a model.
#pragma once
#include <filesystem>
#include <iosfwd>

#include "base/listing.h"

namespace cairn {

// JSON: {"coco": {"stats", "classes"}, "fast": {"yolov5", "yolov7", "ultralytics-8.4"}, "confusion": {...}, "counts"}.
// Returns 0; wrong files throw.
int val_files(const std::filesystem::path& detections, const std::filesystem::path& annotations, Listing listing,
              std::ostream& out);

}  // namespace cairn
