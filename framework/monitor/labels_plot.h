// labels.jpg: what the labels of a training set look like.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "monitor/chart.h"

namespace cairn {

// Normalised to the picture: centre and size in 0..1.
struct LabelBox {
  int32_t class_id = 0;
  float cx = 0, cy = 0, w = 0, h = 0;
};

// Histogram of classes, heat of the centres, widths over heights, a sample of outlines drawn on one centre.
Figure labels_figure(std::span<const LabelBox> boxes, const std::vector<std::string>& names);
void write_labels(std::span<const LabelBox> boxes, const std::vector<std::string>& names,
                  const std::filesystem::path& path);

}  // namespace cairn
