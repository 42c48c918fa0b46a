#include "yolov6/variants.h"

#include <algorithm>

#include "yolov6/lite.h"

namespace cairn::models {

namespace {

using Stage = BlockRule::Stage;
using Pooling = PoolingBlock::Form;

struct Spec {
  const char* name;
  int levels;
  double depth, width;
  Basic basic;
  Stage stage;
  Pooling pooling;
  double expansion;
  bool distribution;
  Overlap overlap;
  int64_t atss_epochs;
  double distill_cls = 1;
};

constexpr double kTwoThirds = 2.0 / 3;
constexpr Spec kSpecs[] = {
    {"n", 3, 0.33, 0.25, Basic::RepVgg, Stage::RepBlock, Pooling::Csp, 0.5, false, Overlap::Siou, 0},
    {"s", 3, 0.33, 0.50, Basic::RepVgg, Stage::RepBlock, Pooling::Csp, 0.5, false, Overlap::Giou, 0},
    {"m", 3, 0.60, 0.75, Basic::RepVgg, Stage::BepC3, Pooling::Plain, kTwoThirds, true, Overlap::Giou, 0, 0.8},
    {"l", 3, 1.00, 1.00, Basic::SiLU, Stage::BepC3, Pooling::Plain, 0.5, true, Overlap::Giou, 0, 2},
    {"n6", 4, 0.33, 0.25, Basic::RepVgg, Stage::RepBlock, Pooling::Csp, 0.5, false, Overlap::Siou, 4},
    {"s6", 4, 0.33, 0.50, Basic::RepVgg, Stage::RepBlock, Pooling::Csp, 0.5, false, Overlap::Giou, 4},
    {"m6", 4, 0.60, 0.75, Basic::RepVgg, Stage::BepC3, Pooling::Plain, kTwoThirds, true, Overlap::Giou, 4},
    {"l6", 4, 1.00, 1.00, Basic::SiLU, Stage::BepC3, Pooling::Plain, 0.5, true, Overlap::Giou, 4},
    {"n-base", 3, 0.33, 0.25, Basic::ReLU, Stage::RepBlock, Pooling::Csp, 0.5, true, Overlap::Giou, 0},
    {"s-base", 3, 0.70, 0.50, Basic::ReLU, Stage::BepC3, Pooling::Csp, 0.5, true, Overlap::Giou, 0},
    {"m-base", 3, 0.80, 0.75, Basic::ReLU, Stage::BepC3, Pooling::Plain, 0.5, true, Overlap::Giou, 0},
    {"l-base", 3, 1.00, 1.00, Basic::ReLU, Stage::BepC3, Pooling::Plain, 0.5, true, Overlap::Giou, 0},
    {"s-mbla", 3, 0.50, 0.50, Basic::SiLU, Stage::Mbla, Pooling::Plain, 0.5, true, Overlap::Giou, 0},
    {"m-mbla", 3, 0.50, 0.75, Basic::SiLU, Stage::Mbla, Pooling::Plain, 0.5, true, Overlap::Giou, 0},
    {"l-mbla", 3, 0.50, 1.00, Basic::SiLU, Stage::Mbla, Pooling::Plain, 0.5, true, Overlap::Giou, 0},
    {"x-mbla", 3, 1.00, 1.00, Basic::SiLU, Stage::Mbla, Pooling::Plain, 0.5, true, Overlap::Giou, 0},
};

// Unscaled, backbone then neck.
struct Lists {
  std::vector<int64_t> repeats, channels;
};

Lists lists_of(const Spec& spec) {
  if (spec.stage == Stage::Mbla) {
    return {{1, 4, 8, 8, 4, 8, 8, 8, 8}, {64, 128, 256, 512, 1024, 256, 128, 128, 256, 256, 512}};
  }
  if (spec.levels == 3) {
    return {{1, 6, 12, 18, 6, 12, 12, 12, 12}, {64, 128, 256, 512, 1024, 256, 128, 128, 256, 256, 512}};
  }
  return {{1, 6, 12, 18, 6, 6, 12, 12, 12, 12, 12, 12}, {64, 128, 256, 512, 768, 1024, 512, 256, 128, 256, 512, 1024}};
}

Lists scaled(const Spec& spec) {
  Lists lists = lists_of(spec);
  const Scaling scaling{spec.depth, spec.width};
  for (int64_t& r : lists.repeats) r = scaling.repeats(r);
  for (int64_t& c : lists.channels) c = scaling.channels(c);
  return lists;
}

// Strides 2, 4, 8, ...; the outputs from stride 4 on, deepest first.
std::vector<std::string> add_backbone(PathTable& table, const Lists& lists, int stages) {
  std::string last = table.add("backbone.stem", {PathTable::kImage}, "Basic", {lists.channels[0], 2});
  std::vector<std::string> outputs;
  for (int i = 1; i <= stages; ++i) {
    const auto at = static_cast<size_t>(i);
    const std::string stage = "backbone.ERBlock_" + std::to_string(i + 1);
    last = table.add(stage + ".0", {last}, "Basic", {lists.channels[at], 2});
    last = table.add(stage + ".1", {last}, "Stage", {lists.channels[at]}, lists.repeats[at]);
    if (i == stages) last = table.add(stage + ".2", {last}, "Pooling");
    outputs.insert(outputs.begin(), last);
  }
  return outputs;
}

// Down to stride 8 and up again over `levels` levels; the outputs from stride 8 on. One step down is a reduction, a
// fusion of three backbone levels and a stage; one step up a convolution of stride 2 and a stage.
std::vector<std::string> add_neck(PathTable& table, const Lists& lists, const std::vector<std::string>& x, int levels) {
  const size_t stages = x.size() + 1;  // entries of the backbone in the lists
  const int deepest = levels + 2;      // P5 or P6
  const auto channels = [&](size_t i) { return lists.channels[stages + i]; };
  const auto repeats = [&](size_t i) { return lists.repeats[stages + i]; };
  const auto number = [](size_t i) { return std::to_string(i); };
  const auto steps = static_cast<size_t>(levels - 1);
  std::vector<std::string> reduced;
  std::string last = x[0];
  for (size_t i = 0; i < steps; ++i) {
    reduced.push_back(table.add("neck.reduce_layer" + number(i), {last}, "ConvReLU", {channels(i)}));
    last = table.add("neck.Bifusion" + number(i), {reduced.back(), x[i + 1], x[i + 2]}, "BiFusion", {channels(i)});
    const std::string level = std::to_string(deepest - 1 - static_cast<int>(i));
    last = table.add("neck.Rep_p" + level, {last}, "Stage", {channels(i)}, repeats(i));
  }
  std::vector<std::string> outputs{last};
  // P5 lists the width of every convolution of stride 2 as well.
  const bool own_widths = levels == 3;
  int64_t width = channels(steps - 1);
  for (size_t i = 0; i < steps; ++i) {
    const size_t down = own_widths ? steps + 2 * i : 0, stage = own_widths ? steps + 2 * i + 1 : steps + i;
    if (own_widths) width = channels(down);
    const std::string index = number(levels == 3 ? steps - i : steps - 1 - i);
    const std::string lower = table.add("neck.downsample" + index, {last}, "ConvReLU", {width, 3, 2});
    const std::string joined = table.join({lower, reduced[steps - 1 - i]});
    const std::string level = std::to_string((levels == 3 ? 3 : 4) + static_cast<int>(i));
    last = table.add("neck.Rep_n" + level, {joined}, "Stage", {channels(stage)}, repeats(steps + i));
    width = channels(stage);
    outputs.push_back(last);
  }
  return outputs;
}

YoloV6Variant from(const Spec& spec) {
  const Lists lists = scaled(spec);
  PathTable table;
  const std::vector<std::string> features = add_backbone(table, lists, spec.levels + 1);
  table.add("detect", add_neck(table, lists, features, spec.levels), "Detect");
  YoloV6Variant variant;
  variant.table = table.take();
  variant.blocks = {spec.basic, spec.stage, spec.pooling, spec.expansion};
  variant.distribution = spec.distribution;
  variant.overlap = spec.overlap;
  variant.atss_epochs = spec.atss_epochs;
  variant.distill_cls = spec.distill_cls;
  for (int level = 0; level < spec.levels; ++level) variant.strides.push_back(8 << level);
  return variant;
}

}  // namespace

std::string PathTable::add(const std::string& path, const std::vector<std::string>& from, const std::string& module,
                           std::vector<int64_t> args, int64_t repeats) {
  std::vector<int> rows;
  for (const std::string& name : from) rows.push_back(name == kImage ? -1 : rows_.at(name));
  const auto index = static_cast<int>(table_.size());
  table_.push_back({std::move(rows), repeats, module, std::move(args), path});
  const std::string name = path.empty() ? "#" + std::to_string(index) : path;
  rows_[name] = index;
  return name;
}

std::string PathTable::join(const std::vector<std::string>& from, const std::string& module) {
  return add("", from, module);
}

std::vector<std::string> yolov6_variant_names() {
  std::vector<std::string> names;
  for (const Spec& spec : kSpecs) names.emplace_back(spec.name);
  for (const std::string& name : yolov6_lite_names()) names.push_back(name);
  return names;
}

YoloV6Variant yolov6_variant(const std::string& name) {
  const auto* spec = std::find_if(std::begin(kSpecs), std::end(kSpecs), [&](const Spec& s) { return s.name == name; });
  return spec != std::end(kSpecs) ? from(*spec) : yolov6_lite(name);
}

}  // namespace cairn::models
