#include "yolov5/variants.h"

namespace cairn::models {

namespace {

struct Scale {
  std::string_view name;
  double depth, width;
};
constexpr Scale kScales[] = {
    {"n", 0.33, 0.25}, {"s", 0.33, 0.50}, {"m", 0.67, 0.75}, {"l", 1.00, 1.00}, {"x", 1.33, 1.25}};

// Conv {channels, k, s, padding}, C3 {channels, shortcut}.
Row conv(int64_t channels, int64_t kernel, int64_t stride) {
  return {{-1}, 1, "Conv", {channels, kernel, stride}};
}
Row c3(int64_t channels, int64_t repeats, int64_t shortcut = 0) {
  return {{-1}, repeats, "C3", {channels, shortcut}};
}
Row sppf(int64_t channels) {
  return {{-1}, 1, "SPPF", {channels, 5}};
}
Row up() {
  return {{-1}, 1, "Upsample", {}};
}
Row concat(int with) {
  return {{-1, with}, 1, "Concat", {}};
}

// Strides 2, 4, 8, 16; rows 0 to 6.
LayerTable start() {
  return {{{-1}, 1, "Conv", {64, 6, 2, 2}},
          conv(128, 3, 2),
          c3(128, 3, 1),
          conv(256, 3, 2),
          c3(256, 6, 1),
          conv(512, 3, 2),
          c3(512, 9, 1)};
}

LayerTable table_p5() {
  LayerTable table = start();
  for (const Row& row : LayerTable{conv(1024, 3, 2),
                                   c3(1024, 3, 1),
                                   sppf(1024),  // 9
                                   conv(512, 1, 1),
                                   up(),
                                   concat(6),
                                   c3(512, 3),  // 13
                                   conv(256, 1, 1),
                                   up(),
                                   concat(4),
                                   c3(256, 3),  // 17: stride 8
                                   conv(256, 3, 2),
                                   concat(14),
                                   c3(512, 3),  // 20: stride 16
                                   conv(512, 3, 2),
                                   concat(10),
                                   c3(1024, 3),  // 23: stride 32
                                   {{17, 20, 23}, 1, "Detect", {}}}) {
    table.push_back(row);
  }
  return table;
}

// A fourth level of stride 64, for pictures of 1280 pixels.
LayerTable table_p6() {
  LayerTable table = start();
  for (const Row& row : LayerTable{conv(768, 3, 2),
                                   c3(768, 3, 1),
                                   conv(1024, 3, 2),
                                   c3(1024, 3, 1),
                                   sppf(1024),  // 11
                                   conv(768, 1, 1),
                                   up(),
                                   concat(8),
                                   c3(768, 3),  // 15
                                   conv(512, 1, 1),
                                   up(),
                                   concat(6),
                                   c3(512, 3),  // 19
                                   conv(256, 1, 1),
                                   up(),
                                   concat(4),
                                   c3(256, 3),  // 23: stride 8
                                   conv(256, 3, 2),
                                   concat(20),
                                   c3(512, 3),  // 26: stride 16
                                   conv(512, 3, 2),
                                   concat(16),
                                   c3(768, 3),  // 29: stride 32
                                   conv(768, 3, 2),
                                   concat(12),
                                   c3(1024, 3),  // 32: stride 64
                                   {{23, 26, 29, 32}, 1, "Detect", {}}}) {
    table.push_back(row);
  }
  return table;
}

AnchorTable anchors_p5() {
  return anchor_table({10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326}, 3);
}

AnchorTable anchors_p6() {
  return anchor_table(
      {19, 27, 44, 40, 38, 94, 96, 68, 86, 152, 180, 137, 140, 301, 303, 264, 238, 542, 436, 615, 739, 380, 925, 792},
      4);
}

// Widths are scaled in the table, so that one of them can be spared.
void scale_widths(LayerTable& table, const Scaling& scaling, int64_t unscaled) {
  for (Row& row : table) {
    if (!row.args.empty() && row.args[0] != unscaled) row.args[0] = scaling.channels(row.args[0]);
  }
}

}  // namespace

std::vector<std::string> yolov5_variant_names() {
  std::vector<std::string> names;
  for (const char* form : {"", "6"}) {
    for (const Scale& scale : kScales) names.push_back(std::string(scale.name) + form);
    names.push_back(std::string("custom") + form);
  }
  return names;
}

YoloV5Variant yolov5_variant(const YoloV5Size& size, int64_t unscaled) {
  const bool large = size.variant.ends_with('6');
  const std::string name = large ? size.variant.substr(0, size.variant.size() - 1) : size.variant;
  Scaling scaling{size.depth, size.width};
  for (const Scale& scale : kScales) {
    if (scale.name == name) scaling = {scale.depth, scale.width};
  }
  YoloV5Variant variant;
  variant.table = large ? table_p6() : table_p5();
  scale_widths(variant.table, scaling, unscaled);
  variant.scaling.depth = scaling.depth;
  variant.strides = large ? std::vector<double>{8, 16, 32, 64} : std::vector<double>{8, 16, 32};
  variant.anchors = large ? anchors_p6() : anchors_p5();
  return variant;
}

}  // namespace cairn::models
