#include "yolov8/variants.h"

#include <map>

namespace cairn::models {

namespace {

struct Scale {
  std::string_view name;
  double depth, width;
  int64_t max_channels;
};
constexpr Scale kScales[] = {
    {"n", 0.33, 0.25, 1024}, {"s", 0.33, 0.50, 1024}, {"m", 0.67, 0.75, 768},
    {"l", 1.00, 1.00, 512},  {"x", 1.00, 1.25, 512},
};

LayerTable with_head(LayerTable backbone, LayerTable head) {
  backbone.insert(backbone.end(), head.begin(), head.end());
  return backbone;
}

// Strides 2, 4, 8, 16, 32; rows 0 to 9. C2f {channels, shortcut}.
LayerTable backbone_p5() {
  return {
      {{-1}, 1, "Conv", {64, 3, 2}},  {{-1}, 1, "Conv", {128, 3, 2}},  {{-1}, 3, "C2f", {128, 1}},
      {{-1}, 1, "Conv", {256, 3, 2}}, {{-1}, 6, "C2f", {256, 1}},      {{-1}, 1, "Conv", {512, 3, 2}},
      {{-1}, 6, "C2f", {512, 1}},     {{-1}, 1, "Conv", {1024, 3, 2}}, {{-1}, 3, "C2f", {1024, 1}},
      {{-1}, 1, "SPPF", {1024, 5}},
  };
}

LayerTable table_p5() {
  return with_head(backbone_p5(), {
                                      {{-1}, 1, "Upsample", {}},
                                      {{-1, 6}, 1, "Concat", {}},
                                      {{-1}, 3, "C2f", {512}},
                                      {{-1}, 1, "Upsample", {}},
                                      {{-1, 4}, 1, "Concat", {}},
                                      {{-1}, 3, "C2f", {256}},  // 15: stride 8
                                      {{-1}, 1, "Conv", {256, 3, 2}},
                                      {{-1, 12}, 1, "Concat", {}},
                                      {{-1}, 3, "C2f", {512}},  // 18: stride 16
                                      {{-1}, 1, "Conv", {512, 3, 2}},
                                      {{-1, 9}, 1, "Concat", {}},
                                      {{-1}, 3, "C2f", {1024}},  // 21: stride 32
                                      {{15, 18, 21}, 1, "Detect", {}},
                                  });
}

// One more step up, to stride 4, for small objects.
LayerTable table_p2() {
  return with_head(
      backbone_p5(),
      {
          {{-1}, 1, "Upsample", {}},           {{-1, 6}, 1, "Concat", {}},  {{-1}, 3, "C2f", {512}},
          {{-1}, 1, "Upsample", {}},           {{-1, 4}, 1, "Concat", {}},  {{-1}, 3, "C2f", {256}},
          {{-1}, 1, "Upsample", {}},           {{-1, 2}, 1, "Concat", {}},  {{-1}, 3, "C2f", {128}},   // 18: stride 4
          {{-1}, 1, "Conv", {128, 3, 2}},      {{-1, 15}, 1, "Concat", {}}, {{-1}, 3, "C2f", {256}},   // 21: stride 8
          {{-1}, 1, "Conv", {256, 3, 2}},      {{-1, 12}, 1, "Concat", {}}, {{-1}, 3, "C2f", {512}},   // 24: stride 16
          {{-1}, 1, "Conv", {512, 3, 2}},      {{-1, 9}, 1, "Concat", {}},  {{-1}, 3, "C2f", {1024}},  // 27: stride 32
          {{18, 21, 24, 27}, 1, "Detect", {}},
      });
}

// A fourth level at stride 64 over 768 channels at stride 32, for large pictures. The neck is made of C2.
LayerTable table_p6() {
  LayerTable backbone = backbone_p5();
  backbone.resize(7);
  return with_head(
      std::move(backbone),
      {
          {{-1}, 1, "Conv", {768, 3, 2}},      {{-1}, 3, "C2f", {768, 1}},   {{-1}, 1, "Conv", {1024, 3, 2}},
          {{-1}, 3, "C2f", {1024, 1}},         {{-1}, 1, "SPPF", {1024, 5}}, {{-1}, 1, "Upsample", {}},
          {{-1, 8}, 1, "Concat", {}},          {{-1}, 3, "C2", {768}},       {{-1}, 1, "Upsample", {}},
          {{-1, 6}, 1, "Concat", {}},          {{-1}, 3, "C2", {512}},       {{-1}, 1, "Upsample", {}},
          {{-1, 4}, 1, "Concat", {}},          {{-1}, 3, "C2", {256}},                                 // 20: stride 8
          {{-1}, 1, "Conv", {256, 3, 2}},      {{-1, 17}, 1, "Concat", {}},  {{-1}, 3, "C2", {512}},   // 23: stride 16
          {{-1}, 1, "Conv", {512, 3, 2}},      {{-1, 14}, 1, "Concat", {}},  {{-1}, 3, "C2", {768}},   // 26: stride 32
          {{-1}, 1, "Conv", {768, 3, 2}},      {{-1, 11}, 1, "Concat", {}},  {{-1}, 3, "C2", {1024}},  // 29: stride 64
          {{20, 23, 26, 29}, 1, "Detect", {}},
      });
}

Scaling scaling_of(std::string_view size, const YoloV8Params& params) {
  for (const Scale& scale : kScales) {
    if (scale.name == size) return {scale.depth, scale.width, scale.max_channels};
  }
  return {params.depth, params.width, params.max_channels};
}

}  // namespace

std::vector<std::string> variant_names() {
  std::vector<std::string> names;
  for (const char* form : {"", "-p2", "-p6"}) {
    for (const Scale& scale : kScales) names.push_back(std::string(scale.name) + form);
    names.push_back(std::string("custom") + form);
  }
  return names;
}

YoloV8Variant variant_of(const YoloV8Params& params) {
  const size_t dash = params.variant.find('-');
  const std::string size = params.variant.substr(0, dash);
  const std::string form = dash == std::string::npos ? "" : params.variant.substr(dash + 1);
  const Scaling scaling = scaling_of(size, params);
  if (form == "p2") return {table_p2(), scaling, {4, 8, 16, 32}};
  if (form == "p6") return {table_p6(), scaling, {8, 16, 32, 64}};
  return {table_p5(), scaling, {8, 16, 32}};
}

}  // namespace cairn::models
