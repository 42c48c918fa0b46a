// A COCO annotation file as plain structs, each with the line where it begins.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/sample.h>

namespace cairn::datasets {

struct CocoImage {
  int64_t line = 0;
  std::optional<int64_t> id;
  std::optional<std::string> file_name;
  int64_t width = 0, height = 0;  // 0: not given
};

struct CocoCategory {
  int64_t line = 0;
  std::optional<int64_t> id;
  std::optional<std::string> name;
};

struct CocoAnnotation {
  int64_t line = 0;
  std::optional<int64_t> id, image_id, category_id;
  std::vector<double> bbox;  // x, y, width, height
  std::optional<double> area;
  bool crowd = false;
  Polygon outline;  // from a list of polygons; run lengths are not kept
};

struct CocoFile {
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<CocoAnnotation> annotations;
};

using ReportLine = std::function<void(int64_t line, std::string message)>;

// One pass without recursion; memory grows with what is kept. A syntax error goes to `refuse` and ends the reading.
CocoFile read_coco(const std::string& text, const ReportLine& refuse);

}  // namespace cairn::datasets
