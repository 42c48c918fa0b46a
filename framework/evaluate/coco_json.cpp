#include "evaluate/coco_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include <cairn/error.h>
#include <cairn/image.h>

#include "base/text_bytes.h"

namespace cairn {
namespace {

using Json = nlohmann::json;

// A value in a file, with the way to it for messages.
class Place {
 public:
  Place(const Json& value, const std::filesystem::path& file, std::string where)
      : value_(value), file_(file), where_(std::move(where)) {}

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(Code::InvalidArgument, file_.string(), where_.empty() ? "" : ": ", where_, ": ", parts...);
  }
  Place field(const char* name) const {
    if (!value_.is_object()) refuse("expected an object, found ", value_.type_name());
    const auto found = value_.find(name);
    if (found == value_.end()) refuse("\"", name, "\" is missing");
    return {*found, file_, where_.empty() ? name : where_ + "." + name};
  }
  bool has(const char* name) const { return value_.is_object() && value_.contains(name) && !value_.at(name).is_null(); }
  Place item(size_t index) const { return {value_.at(index), file_, cat(where_, "[", index, "]")}; }
  size_t rows(int64_t most) const {
    if (!value_.is_array()) refuse("expected a list, found ", value_.type_name());
    if (value_.size() > static_cast<size_t>(most))
      refuse("a list of ", value_.size(), " rows, at most ", most, " are read");
    return value_.size();
  }
  double number() const {
    if (!value_.is_number()) refuse("expected a number, found ", value_.type_name());
    const double number = value_.get<double>();
    if (!std::isfinite(number)) refuse("expected a finite number");
    return number;
  }
  int64_t integer() const {
    if (value_.is_number_unsigned() &&
        value_.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      refuse("expected a signed 64-bit integer, found ", value_.get<uint64_t>());
    }
    if (value_.is_number_integer()) return value_.get<int64_t>();
    const double number = this->number();
    if (number != std::floor(number) || std::abs(number) > 9.0e15) refuse("expected an integer, found ", number);
    return static_cast<int64_t>(number);
  }
  bool flag() const { return value_.is_boolean() ? value_.get<bool>() : integer() != 0; }
  std::string text() const {
    if (!value_.is_string()) refuse("expected text, found ", value_.type_name());
    return value_.get<std::string>();
  }

 private:
  const Json& value_;
  const std::filesystem::path& file_;
  std::string where_;
};

std::pair<int64_t, int64_t> line_and_column(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {std::ranges::count(before, '\n') + 1, static_cast<int64_t>(before.size() - line_start) + 1};
}

Json parse(const std::filesystem::path& file, const CocoLimits& limits) {
  const std::vector<std::byte> bytes = read_file(file, limits.max_file_bytes);
  const std::string_view text = text_of(bytes);
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const auto [line, column] = line_and_column(text, error.byte);
    fail(Code::InvalidArgument, file.string(), ":", line, ":", column, ": not JSON: ", error.what());
  } catch (const Json::exception& error) {
    fail(Code::InvalidArgument, file.string(), ": not usable as JSON: ", error.what());
  }
}

struct Corner {
  double x, y, w, h;
};

Corner bbox_of(const Place& row) {
  const Place box = row.field("bbox");
  if (box.rows(4) != 4) box.refuse("expected 4 numbers x, y, width, height");
  const Corner corner{box.item(0).number(), box.item(1).number(), box.item(2).number(), box.item(3).number()};
  if (corner.w < 0 || corner.h < 0) box.refuse("a negative size, ", corner.w, " x ", corner.h);
  return corner;
}

// Rising ids; every list beside them in the same order.
std::vector<std::pair<int64_t, std::string>> read_named(const Place& list, const char* name_field, bool name_needed,
                                                        const CocoLimits& limits) {
  std::vector<std::pair<int64_t, std::string>> rows;
  for (size_t i = 0, count = list.rows(limits.max_rows); i < count; ++i) {
    const Place row = list.item(i);
    const bool named = name_needed || row.has(name_field);
    rows.emplace_back(row.field("id").integer(), named ? row.field(name_field).text() : std::string());
  }
  std::ranges::stable_sort(rows, {}, &std::pair<int64_t, std::string>::first);
  const auto twice = std::ranges::adjacent_find(rows, {}, &std::pair<int64_t, std::string>::first);
  if (twice != rows.end()) list.refuse("id ", twice->first, " stands there twice");
  return rows;
}

size_t index_of(const std::vector<int64_t>& ids, const Place& place, const char* list) {
  const int64_t id = place.integer();
  const auto found = std::ranges::lower_bound(ids, id);
  if (found == ids.end() || *found != id)
    place.refuse("id ", id, " is not among the ", ids.size(), " of \"", list, "\"");
  return static_cast<size_t>(found - ids.begin());
}

}  // namespace

CocoSet read_coco_annotations(const std::filesystem::path& file, const CocoLimits& limits) {
  const Json json = parse(file, limits);
  const Place root(json, file, "");
  CocoSet set;
  for (auto& [id, name] : read_named(root.field("images"), "file_name", false, limits)) {
    set.image_ids.push_back(id);
    set.file_names.push_back(std::move(name));
  }
  for (auto& [id, name] : read_named(root.field("categories"), "name", true, limits)) {
    set.category_ids.push_back(id);
    set.category_names.push_back(std::move(name));
  }
  set.images.resize(set.image_ids.size());
  const Place list = root.field("annotations");
  for (size_t i = 0, count = list.rows(limits.max_rows); i < count; ++i) {
    const Place row = list.item(i);
    const Corner box = bbox_of(row);
    const bool crowd = row.has("iscrowd") && row.field("iscrowd").flag();
    const double area = row.has("area") ? row.field("area").number() : box.w * box.h;
    const auto class_id = static_cast<int32_t>(index_of(set.category_ids, row.field("category_id"), "categories"));
    set.images[index_of(set.image_ids, row.field("image_id"), "images")].targets.push_back(
        {box.x, box.y, box.w, box.h, area, class_id, crowd});
    set.annotations += 1;
    set.crowds += crowd ? 1 : 0;
  }
  return set;
}

void read_coco_detections(const std::filesystem::path& file, CocoSet* set, const CocoLimits& limits) {
  const Json json = parse(file, limits);
  const Place list(json, file, "");
  for (size_t i = 0, count = list.rows(limits.max_rows); i < count; ++i) {
    const Place row = list.item(i);
    const Corner box = bbox_of(row);
    const double score = row.field("score").number();
    const auto class_id = static_cast<int32_t>(index_of(set->category_ids, row.field("category_id"), "categories"));
    set->images[index_of(set->image_ids, row.field("image_id"), "images")].detections.push_back(
        {box.x, box.y, box.w, box.h, score, class_id});
    set->detections += 1;
  }
}

std::vector<EvaluatedImage> to_evaluated(const CocoSet& set) {
  std::vector<EvaluatedImage> images;
  for (size_t i = 0; i < set.images.size(); ++i) {
    EvaluatedImage image{set.image_ids[i], {}, {}};
    for (const CocoTarget& t : set.images[i].targets) {
      const uint8_t flags = t.crowd ? kCrowd : 0;
      image.targets.push_back({static_cast<float>(t.x), static_cast<float>(t.y), static_cast<float>(t.x + t.w),
                               static_cast<float>(t.y + t.h), t.class_id, flags, static_cast<float>(t.area)});
    }
    for (const CocoDetection& d : set.images[i].detections) {
      image.detections.push_back({static_cast<float>(d.x), static_cast<float>(d.y), static_cast<float>(d.x + d.w),
                                  static_cast<float>(d.y + d.h), static_cast<float>(d.score), d.class_id});
    }
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace cairn
