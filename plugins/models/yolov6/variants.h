// YOLOv6's layer tables and what else a variant decides.
#pragma once
#include "common/iou.h"
#include "common/table.h"
#include "yolov6/blocks.h"

namespace cairn::models {

struct YoloV6Variant {
  LayerTable table;  // the last row is "detect"
  BlockRule blocks;
  bool lite = false;          // depth-wise towers in the head, no projection
  bool distribution = false;  // boxes over 17 bins a side instead of plain distances
  Overlap overlap = Overlap::Giou;
  int64_t atss_epochs = 0;
  double distill_cls = 1;  // weight of a teacher's classes
  std::vector<double> strides;
};

std::vector<std::string> yolov6_variant_names();
YoloV6Variant yolov6_variant(const std::string& name);

// Rows that read each other by path. [value]
class PathTable {
 public:
  static constexpr const char* kImage = "";
  // A row without a path of its own (joins) is read by the name that add() returns.
  std::string add(const std::string& path, const std::vector<std::string>& from, const std::string& module,
                  std::vector<int64_t> args = {}, int64_t repeats = 1);
  std::string join(const std::vector<std::string>& from, const std::string& module = "Concat");
  LayerTable take() { return std::move(table_); }

 private:
  LayerTable table_;
  std::map<std::string, int> rows_;
};

}  // namespace cairn::models
