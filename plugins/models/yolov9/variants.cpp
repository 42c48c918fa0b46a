#include "yolov9/variants.h"

#include <cairn/error.h>

#include "yolov9/tables.h"

namespace cairn::models {

namespace {

const Medium kM{"AConv", 32, 128, 240, 240, 360, 480, 180, 240};
const Medium kC{"ADown", 64, 256, 512, 256, 512, 512, 256, 512};

// The same rows with the image as a row of its own in front.
LayerTable behind_silence(const LayerTable& rows) {
  LayerTable shifted{{{-1}, 1, "Silence", {}}};
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
