#include "yolov9/variants.h"

#include <algorithm>

#include <cairn/error.h>

namespace cairn::models {

namespace {

void append(LayerTable& table, const LayerTable& rows) {
  table.insert(table.end(), rows.begin(), rows.end());
}

Row r(int64_t out, int64_t split, int64_t inner, int64_t repeats, int from = -1) {
  return {{from}, 1, "RepNCSPELAN4", {out, split, inner, repeats}};
}
Row row(std::string module, std::vector<int64_t> args, int from = -1) {
  return {{from}, 1, std::move(module), std::move(args)};
}
Row up() {
  return row("Upsample", {});
}
Row cat_with(int other) {
  return {{-1, other}, 1, "Concat", {}};
}

// The main branch alone, without head; rows whose outputs the head reads, by stride.
struct Trunk {
  LayerTable rows;
  std::vector<int> outputs;
};

// t with k = 1, s with k = 2. Rows 0 to 21.
Trunk small_trunk(int64_t k) {
  return {{
              row("Conv", {16 * k, 3, 2}),
              row("Conv", {32 * k, 3, 2}),
              row("ELAN1", {32 * k, 32 * k, 16 * k}),
              row("AConv", {64 * k}),
              r(64 * k, 64 * k, 32 * k, 3),  // 4: stride 8
              row("AConv", {96 * k}),
              r(96 * k, 96 * k, 48 * k, 3),  // 6: stride 16
              row("AConv", {128 * k}),
              r(128 * k, 128 * k, 64 * k, 3),  // 8: stride 32
              row("SPPELAN", {128 * k, 64 * k}),
              up(),
              cat_with(6),
              r(96 * k, 96 * k, 48 * k, 3),
              up(),
              cat_with(4),
              r(64 * k, 64 * k, 32 * k, 3),
              row("AConv", {48 * k}),
              cat_with(12),
              r(96 * k, 96 * k, 48 * k, 3),
              row("AConv", {64 * k}),
              cat_with(9),
              r(128 * k, 128 * k, 64 * k, 3),
          },
          {15, 18, 21}};
}

LayerTable small_auxiliary(int64_t k) {
  return {
      row("SPPELAN", {128 * k, 64 * k}, 8), up(), cat_with(6), r(96 * k, 96 * k, 48 * k, 3), up(), cat_with(4),
      r(64 * k, 64 * k, 32 * k, 3),
  };
}

// How m and c differ. `down` is the module that halves the size.
struct Medium {
  std::string down;
  int64_t stem, p2, p3;    // outputs of the backbone at stride 2, 4, 8
  int64_t low, mid, high;  // widths of the three levels, strides 8, 16, 32, everywhere else
  int64_t down3, down4;    // the neck's two steps down
};
const Medium kM{"AConv", 32, 128, 240, 240, 360, 480, 180, 240};
const Medium kC{"ADown", 64, 256, 512, 256, 512, 512, 256, 512};

Row block_of(int64_t width) {
  return r(width, width, width / 2, 1);
}

// From the image to the level of stride 8; `fuse` comes between the step down to it and its block.
LayerTable medium_start(const Medium& v, const LayerTable& fuse, int from) {
  LayerTable rows{row("Conv", {v.stem, 3, 2}, from), row("Conv", {2 * v.stem, 3, 2}), r(v.p2, 128, 64, 1),
                  row(v.down, {v.low})};
  append(rows, fuse);
  rows.push_back(r(v.p3, v.low, v.low / 2, 1));
  return rows;
}

// Rows 0 to 21 of the main branch alone.
Trunk medium_trunk(const Medium& v) {
  Trunk trunk{medium_start(v, {}, -1), {15, 18, 21}};
  append(trunk.rows, {
                         row(v.down, {v.mid}),
                         block_of(v.mid),  // 6: stride 16
                         row(v.down, {v.high}),
                         block_of(v.high),  // 8: stride 32
                         row("SPPELAN", {v.high, v.high / 2}),
                         up(),
                         cat_with(6),
                         block_of(v.mid),
                         up(),
                         cat_with(4),
                         block_of(v.low),
                         row(v.down, {v.down3}),
                         cat_with(12),
                         block_of(v.mid),
                         row(v.down, {v.down4}),
                         cat_with(9),
                         block_of(v.high),
                     });
  return trunk;
}

// Rows 23 to 37 behind the main branch with the image as row 0: a second backbone that reads the first one's levels.
LayerTable medium_auxiliary(const Medium& v) {
  LayerTable rows{row("CBLinear", {v.low}, 5), row("CBLinear", {v.low, v.mid}, 7),
                  row("CBLinear", {v.low, v.mid, v.high}, 9)};
  append(rows, medium_start(v, {{{23, 24, 25, -1}, 1, "CBFuse", {0, 0, 0}}}, 0));  // to row 31
  append(rows, {
                   row(v.down, {v.mid}),
                   {{24, 25, -1}, 1, "CBFuse", {1, 1}},
                   block_of(v.mid),  // 34
                   row(v.down, {v.high}),
                   {{25, -1}, 1, "CBFuse", {2}},
                   block_of(v.high),  // 37
               });
  return rows;
}

// Rows 0 to 28 of e: two backbones, both part of the main branch.
LayerTable large_backbones() {
  return {
      row("Silence", {}),
      row("Conv", {64, 3, 2}),
      row("Conv", {128, 3, 2}),
      r(256, 128, 64, 2),
      row("ADown", {256}),
      r(512, 256, 128, 2),
      row("ADown", {512}),
      r(1024, 512, 256, 2),
      row("ADown", {1024}),
      r(1024, 512, 256, 2),
      row("CBLinear", {64}, 1),
      row("CBLinear", {64, 128}, 3),
      row("CBLinear", {64, 128, 256}, 5),
      row("CBLinear", {64, 128, 256, 512}, 7),
      row("CBLinear", {64, 128, 256, 512, 1024}, 9),
      row("Conv", {64, 3, 2}, 0),
      {{10, 11, 12, 13, 14, -1}, 1, "CBFuse", {0, 0, 0, 0, 0}},
      row("Conv", {128, 3, 2}),
      {{11, 12, 13, 14, -1}, 1, "CBFuse", {1, 1, 1, 1}},
      r(256, 128, 64, 2),
      row("ADown", {256}),
      {{12, 13, 14, -1}, 1, "CBFuse", {2, 2, 2}},
      r(512, 256, 128, 2),  // 22: stride 8
      row("ADown", {512}),
      {{13, 14, -1}, 1, "CBFuse", {3, 3}},
      r(1024, 512, 256, 2),  // 25: stride 16
      row("ADown", {1024}),
      {{14, -1}, 1, "CBFuse", {4}},
      r(1024, 512, 256, 2),  // 28: stride 32
  };
}

// Seven rows behind row 28 of e.
LayerTable large_auxiliary() {
  return {
      row("SPPELAN", {512, 256}, 9), up(), cat_with(7), r(512, 512, 256, 2), up(), cat_with(5), r(256, 256, 128, 2),
  };
}

// Thirteen rows; `first` is the index of the first of them.
LayerTable large_neck(int first) {
  return {
      row("SPPELAN", {512, 256}, 28),
      up(),
      cat_with(25),
      r(512, 512, 256, 2),
      up(),
      cat_with(22),
      r(256, 256, 128, 2),  // first + 6: stride 8
      row("ADown", {256}),
      cat_with(first + 3),
      r(512, 512, 256, 2),  // first + 9: stride 16
      row("ADown", {512}),
      cat_with(first),
      r(512, 1024, 512, 2),  // first + 12: stride 32
  };
}

// The same rows with the image as a row of its own in front.
LayerTable behind_silence(const LayerTable& rows) {
  LayerTable shifted{row("Silence", {})};
  for (Row moved : rows) {
    for (int& from : moved.from) from += from >= 0 ? 1 : 0;
    shifted.push_back(std::move(moved));
  }
  return shifted;
}

YoloV9Variant single(Trunk trunk) {
  trunk.rows.push_back({trunk.outputs, 1, "DDetect", {}});
  return {std::move(trunk.rows), false};
}

YoloV9Variant dual(LayerTable rows, const std::vector<int>& from) {
  rows.push_back({from, 1, "DualDDetect", {}});
  return {std::move(rows), true};
}

YoloV9Variant small(int64_t k, bool auxiliary) {
  Trunk trunk = small_trunk(k);
  if (!auxiliary) return single(std::move(trunk));
  append(trunk.rows, small_auxiliary(k));
  return dual(std::move(trunk.rows), {28, 25, 22, 15, 18, 21});
}

YoloV9Variant medium(const Medium& size, bool auxiliary) {
  const Trunk trunk = medium_trunk(size);
  if (!auxiliary) return single(trunk);
  LayerTable rows = behind_silence(trunk.rows);
  append(rows, medium_auxiliary(size));
  return dual(std::move(rows), {31, 34, 37, 16, 19, 22});
}

YoloV9Variant large(bool auxiliary) {
  LayerTable rows = large_backbones();
  if (auxiliary) append(rows, large_auxiliary());
  const auto first = static_cast<int>(rows.size());
  append(rows, large_neck(first));
  if (!auxiliary) return single({std::move(rows), {first + 6, first + 9, first + 12}});
  return dual(std::move(rows), {35, 32, 29, first + 6, first + 9, first + 12});
}

constexpr std::string_view kMainOnly = "gelan-";

}  // namespace

std::vector<std::string> yolov9_variant_names() {
  return {"t", "s", "m", "c", "e", "gelan-t", "gelan-s", "gelan-m", "gelan-c", "gelan-e"};
}

YoloV9Variant yolov9_variant(std::string_view name) {
  const bool auxiliary = !name.starts_with(kMainOnly);
  const std::string_view size = auxiliary ? name : name.substr(kMainOnly.size());
  if (size == "t") return small(1, auxiliary);
  if (size == "s") return small(2, auxiliary);
  if (size == "m") return medium(kM, auxiliary);
  if (size == "c") return medium(kC, auxiliary);
  if (size == "e") return large(auxiliary);
  fail(Code::InvalidArgument, "yolov9: there is no variant ", name);
}

std::string main_branch_of(std::string_view name) {
  return name.starts_with(kMainOnly) ? std::string(name) : cat(kMainOnly, name);
}

namespace {

// For every row of the main branch alone, the row of the variant.
std::vector<size_t> rows_of_main_branch(std::string_view name) {
  const size_t full = yolov9_variant(name).table.size(), main = yolov9_variant(main_branch_of(name)).table.size();
  const bool shifted = name == "m" || name == "c";
  std::vector<size_t> rows(main);
  for (size_t i = 0; i < main; ++i) rows[i] = shifted ? i + 1 : i;
  if (name == "e") {
    for (size_t i = 29; i < main; ++i) rows[i] = i + 7;
  }
  rows.back() = full - 1;
  return rows;
}

constexpr std::pair<std::string_view, std::string_view> kHeadNames[] = {
    {"cv2", "cv4"}, {"cv3", "cv5"}, {"dfl", "dfl2"}};

}  // namespace

std::function<std::string(const std::string&)> names_behind_main_branch(std::string_view name) {
  if (name.starts_with(kMainOnly)) return [](const std::string& entry) { return entry; };
  return [rows = rows_of_main_branch(name)](const std::string& entry) {
    const size_t first = entry.find('.') + 1, after = entry.find('.', first);  // model.{row}.{rest}
    const size_t row = std::stoul(entry.substr(first, after - first));
    std::string rest = entry.substr(after + 1);
    if (row + 1 == rows.size()) {
      for (const auto& [here, there] : kHeadNames) {
        if (!rest.starts_with(here)) continue;
        rest.replace(0, here.size(), there);
        break;
      }
    }
    return cat("model.", rows[row], ".", rest);
  };
}

}  // namespace cairn::models
