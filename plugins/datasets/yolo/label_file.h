// One label file of a YOLO set: per line a class and either centre, width and height or the corners of an outline, all
// in [0, 1] of the picture as shown.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/sample.h>

namespace cairn::datasets {

struct LabelLine {
  int64_t number = 0;  // of the line, from 1
  int32_t class_id = 0;
  double cx = 0, cy = 0, width = 0, height = 0;  // normalised
  std::vector<cv::Point2d> outline;              // normalised; empty for a plain box
};

using ReportLine = std::function<void(int64_t line, std::string message)>;

// `classes` is 0 when their number is not known. Lines that are wrong go to `refuse`, lines that repeat another exactly
// to `warn`; both are left out.
std::vector<LabelLine> parse_labels(std::string_view text, int64_t classes, const ReportLine& refuse,
                                    const ReportLine& warn);

}  // namespace cairn::datasets
