#include "yolov7/variants.h"

#include <array>

#include <cairn/error.h>

#include "yolov7/rows.h"

namespace cairn::models {

namespace {

const std::vector<double> kFlatTiny{10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326};
const std::vector<double> kFlatP5{12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401};
const std::vector<double> kFlatP6{19,  27,  44,  40,  38,  94,  96,  68,  86,  152, 180, 137,
                                  140, 301, 303, 264, 238, 542, 436, 615, 739, 380, 925, 792};

YoloV7Variant tiny() {
  Rows rows;
  rows.conv(32, 3, 2);
  rows.conv(64, 3, 2);
  rows.elan(32, 2, 64);
  rows.add("MP", {});
  const int p3 = rows.elan(64, 2, 128);
  rows.add("MP", {});
  const int p4 = rows.elan(128, 2, 256);
  rows.add("MP", {});
  rows.elan(256, 2, 512);
  // Pooling at four sizes, beside a shortcut.
  rows.conv(256);
  rows.conv(256, 1, 1, -2);
  rows.add("SP", {5});
  rows.add("SP", {9}, {-2});
  rows.add("SP", {13}, {-3});
  rows.add("Concat", {}, {-1, -2, -3, -4});
  rows.conv(256);
  rows.add("Concat", {}, {-1, -7});
  const int pooled = rows.conv(256);
  rows.step_up(128, p4);
  const int n4 = rows.elan(64, 2, 128);
  rows.step_up(64, p3);
  const int n3 = rows.elan(32, 2, 64);
  rows.conv(128, 3, 2);
  rows.add("Concat", {}, {-1, n4});
  const int o4 = rows.elan(64, 2, 128);
  rows.conv(256, 3, 2);
  rows.add("Concat", {}, {-1, pooled});
  const int o5 = rows.elan(128, 2, 256);
  const int out3 = rows.conv(128, 3, 1, n3), out4 = rows.conv(256, 3, 1, o4), out5 = rows.conv(512, 3, 1, o5);
  rows.add("IDetect", {}, {out3, out4, out5});
  return {rows.take(), {8, 16, 32}, anchor_table(kFlatTiny, 3), Activation::LeakyReLU, false};
}

// v7 and x are the same but for these.
struct Middle {
  int64_t stem;        // width of the first row
  int count;           // 3x3 of a group
  bool wide;           // groups of the neck
  const char* output;  // module in front of the head
};

YoloV7Variant middle(const Middle& v) {
  const int64_t k = v.stem * 2;  // 64 or 80
  Rows rows;
  const auto neck = [&](int64_t hidden, int64_t out) {
    return v.wide ? rows.wide_elan(hidden, v.count, out) : rows.elan(hidden, v.count, out);
  };
  rows.conv(v.stem, 3);
  rows.conv(k, 3, 2);
  rows.conv(k, 3);
  rows.conv(2 * k, 3, 2);
  rows.elan(64, v.count, 4 * k);
  rows.pooled_step(2 * k);
  const int p3 = rows.elan(128, v.count, 8 * k);
  rows.pooled_step(4 * k);
  const int p4 = rows.elan(256, v.count, 16 * k);
  rows.pooled_step(8 * k);
  rows.elan(256, v.count, 16 * k);
  const int pooled = rows.add("SPPCSPC", {8 * k});
  rows.step_up(4 * k, p4);
  const int n4 = neck(256, 4 * k);
  rows.step_up(2 * k, p3);
  const int n3 = neck(128, 2 * k);
  rows.pooled_step(2 * k, n4);
  const int o4 = neck(256, 4 * k);
  rows.pooled_step(4 * k, pooled);
  const int o5 = neck(512, 8 * k);
  const int out3 = rows.add(v.output, {4 * k, 3, 1}, {n3}), out4 = rows.add(v.output, {8 * k, 3, 1}, {o4}),
            out5 = rows.add(v.output, {16 * k, 3, 1}, {o5});
  rows.add("IDetect", {}, {out3, out4, out5});
  return {rows.take(), {8, 16, 32}, anchor_table(kFlatP5, 3), Activation::SiLU, false};
}

struct Large {
  std::array<int64_t, 5> widths;  // of the stages of strides 4 to 64
  std::array<int64_t, 4> auxiliary;
  int64_t stem;
  int count;
  bool pooled_down;  // DownC instead of a strided 3x3
  bool doubled;
};

constexpr std::array<int64_t, 5> kHidden{64, 128, 256, 384, 512};  // of the groups, stage by stage

class LargeTable {
 public:
  explicit LargeTable(const Large& size) : v_(size) {}

  LayerTable build(Auxiliary auxiliary) {
    rows_.add("ReOrg", {});
    rows_.conv(v_.stem, 3);
    for (size_t stage = 0; stage < 5; ++stage) {
      down(v_.widths[stage]);
      stages_[stage] = v_.doubled ? rows_.double_elan(kHidden[stage], v_.count, v_.widths[stage])
                                  : rows_.elan(kHidden[stage], v_.count, v_.widths[stage]);
    }
    // From the top down: tops_[3] is the pooled stage of stride 64, tops_[0] stride 8.
    tops_[3] = rows_.add("SPPCSPC", {v_.widths[4] / 2});
    for (size_t level = 3; level-- > 0;) {
      rows_.step_up(v_.widths[level + 1] / 2, stages_[level + 1]);
      tops_[level] = neck(level);
    }
    // And up again.
    leads_[0] = tops_[0];
    for (size_t level = 1; level < 4; ++level) {
      down(v_.widths[level + 1] / 2);
      rows_.add("Concat", {}, {-1, tops_[level]});
      leads_[level] = neck(level);
    }
    outputs(auxiliary);
    return rows_.take();
  }

 private:
  void down(int64_t out) {
    if (v_.pooled_down) {
      rows_.add("DownC", {out});
    } else {
      rows_.conv(out, 3, 2);
    }
  }

  int neck(size_t level) {
    const int64_t hidden = kHidden[level + 1], out = v_.widths[level + 1] / 2;
    return v_.doubled ? rows_.double_wide_elan(hidden, v_.count, out) : rows_.wide_elan(hidden, v_.count, out);
  }

  void outputs(Auxiliary auxiliary) {
    std::vector<int> from;
    for (size_t level = 0; level < 4; ++level) from.push_back(rows_.conv(v_.widths[level + 1], 3, 1, leads_[level]));
    if (auxiliary == Auxiliary::Without) {
      rows_.add("IDetect", {}, from);
      return;
    }
    // The doubled form reads the second half of a pair, before the sum.
    for (size_t level = 0; level < 4; ++level) {
      const int source = v_.doubled && level < 3 ? tops_[level] - 1 : tops_[level];
      from.push_back(rows_.conv(v_.auxiliary[level], 3, 1, source));
    }
    rows_.add("IAuxDetect", {}, from);
  }

  const Large& v_;
  Rows rows_;
  std::array<int, 5> stages_{};
  std::array<int, 4> tops_{}, leads_{};
};

YoloV7Variant large(const Large& size, Auxiliary auxiliary) {
  return {LargeTable(size).build(auxiliary),
          {8, 16, 32, 64},
          anchor_table(kFlatP6, 4),
          Activation::SiLU,
          auxiliary == Auxiliary::With};
}

constexpr Middle kV7{32, 4, true, "RepConv"};
constexpr Middle kX{40, 6, false, "Conv"};
constexpr Large kW6{{128, 256, 512, 768, 1024}, {320, 640, 960, 1280}, 64, 4, false, false};
constexpr Large kE6{{160, 320, 640, 960, 1280}, {320, 640, 960, 1280}, 80, 6, true, false};
constexpr Large kD6{{192, 384, 768, 1152, 1536}, {384, 768, 1152, 1536}, 96, 8, true, false};
constexpr Large kE6e{{160, 320, 640, 960, 1280}, {320, 640, 960, 1280}, 80, 6, true, true};

}  // namespace

std::vector<std::string> yolov7_variant_names() {
  return {"tiny", "v7", "x", "w6", "e6", "d6", "e6e"};
}

YoloV7Variant yolov7_variant(std::string_view name, Auxiliary auxiliary) {
  if (name == "tiny") return tiny();
  if (name == "v7") return middle(kV7);
  if (name == "x") return middle(kX);
  if (name == "w6") return large(kW6, auxiliary);
  if (name == "e6") return large(kE6, auxiliary);
  if (name == "d6") return large(kD6, auxiliary);
  if (name == "e6e") return large(kE6e, auxiliary);
  fail(Code::InvalidArgument, "yolov7: there is no variant ", name);
}

}  // namespace cairn::models
