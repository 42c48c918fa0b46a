#include "common/labelled_set.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <cairn/sha256.h>

namespace cairn::datasets {
namespace {

constexpr float kSilentClip = 0.5F;  // pixels; rounding in annotation files stays below

void add_labels(Sha256& hash, const Record& record) {
  hash.number(static_cast<uint64_t>(record.boxes.size()));
  for (const Box& box : record.boxes) {
    for (float value : {box.x1, box.y1, box.x2, box.y2, box.area}) hash.number(value);
    hash.number(box.class_id).number(box.flags);
  }
  hash.number(static_cast<uint64_t>(record.polygons.size()));
  for (const Polygon& polygon : record.polygons) {
    hash.number(static_cast<uint64_t>(polygon.rings.size()));
    for (const auto& ring : polygon.rings) {
      hash.number(static_cast<uint64_t>(ring.size()));
      for (const auto& point : ring) hash.number(point.x).number(point.y);
    }
  }
}

}  // namespace

Record LabelledSet::at(int64_t index) const {
  if (index < 0 || index >= size()) fail(Code::InvalidArgument, "record ", index, " of a dataset of ", size());
  return records_[static_cast<size_t>(index)];
}

void LabelledSet::refuse(const Place& place, std::string message) {
  problems_.push_back({Problem::Severity::Refuse, place.file, place.line, std::move(message)});
}

void LabelledSet::skip(const Place& place, std::string message) {
  problems_.push_back({Problem::Severity::Skip, place.file, place.line, std::move(message)});
}

void LabelledSet::warn(const Place& place, std::string message) {
  problems_.push_back({Problem::Severity::Warn, place.file, place.line, std::move(message)});
}

void LabelledSet::add(Record record, const PictureFacts& facts) {
  if (!facts.usable()) {
    skip({record.name, 0}, facts.reason);
    return;
  }
  record.width = facts.width;
  record.height = facts.height;
  const auto empty = [](const Polygon& polygon) { return polygon.rings.empty(); };
  if (std::all_of(record.polygons.begin(), record.polygons.end(), empty)) record.polygons.clear();
  records_.push_back(std::move(record));
  digests_.push_back(facts.digest);
}

std::optional<Box> LabelledSet::fitting(Box box, int width, int height, const Place& place) {
  const float right = static_cast<float>(width), bottom = static_cast<float>(height);
  if (box.width() < 0 || box.height() < 0) {
    refuse(place, cat("the box has a negative side: ", box.width(), " x ", box.height(), " pixels"));
    return std::nullopt;
  }
  if (box.width() == 0 || box.height() == 0) {
    warn(place, cat("the box has no area (", box.width(), " x ", box.height(), " pixels) and is dropped"));
    return std::nullopt;
  }
  const float beyond = std::max({-box.x1, -box.y1, box.x2 - right, box.y2 - bottom});
  const Box before = box;
  box.x1 = std::clamp(box.x1, 0.0F, right);
  box.x2 = std::clamp(box.x2, 0.0F, right);
  box.y1 = std::clamp(box.y1, 0.0F, bottom);
  box.y2 = std::clamp(box.y2, 0.0F, bottom);
  if (box.width() <= 0 || box.height() <= 0) {
    warn(place, cat("the box (", before.x1, ", ", before.y1, ") to (", before.x2, ", ", before.y2,
                    ") lies outside the picture of ", width, " x ", height, " pixels and is dropped"));
    return std::nullopt;
  }
  if (beyond > kSilentClip) {
    warn(place, cat("the box (", before.x1, ", ", before.y1, ") to (", before.x2, ", ", before.y2,
                    ") leaves the picture of ", width, " x ", height, " pixels and is clipped"));
  }
  return box;
}

void LabelledSet::finish(const Place& set) {
  const auto refused = [](const Problem& problem) { return problem.severity == Problem::Severity::Refuse; };
  if (records_.empty() && std::none_of(problems_.begin(), problems_.end(), refused)) {
    refuse(set, "no usable picture in this split");
  }
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const Problem& a, const Problem& b) { return a.severity > b.severity; });
  Sha256 hash;
  hash.text("cairn dataset 1").number(static_cast<uint64_t>(classes_.size()));
  for (const std::string& name : classes_) hash.text(name);
  for (size_t i = 0; i < records_.size(); ++i) {
    hash.text(records_[i].name).text(digests_[i]).number(records_[i].width).number(records_[i].height);
    add_labels(hash, records_[i]);
  }
  fingerprint_ = hash.hex();
}

float area_of(const Polygon& polygon) {
  double area = 0;
  for (const auto& ring : polygon.rings) {
    double doubled = 0;
    for (size_t i = 0; i < ring.size(); ++i) {
      const auto& a = ring[i];
      const auto& b = ring[(i + 1) % ring.size()];
      doubled += static_cast<double>(a.x) * b.y - static_cast<double>(b.x) * a.y;
    }
    area += std::abs(doubled) / 2;
  }
  return static_cast<float>(area);
}

Box box_around(const Polygon& polygon) {
  const auto& first = polygon.rings.front().front();
  Box box{first.x, first.y, first.x, first.y};
  for (const auto& ring : polygon.rings) {
    for (const auto& point : ring) {
      box.x1 = std::min(box.x1, point.x);
      box.y1 = std::min(box.y1, point.y);
      box.x2 = std::max(box.x2, point.x);
      box.y2 = std::max(box.y2, point.y);
    }
  }
  return box;
}

bool has_picture_extension(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  constexpr std::array<std::string_view, 8> kKnown = {".jpg", ".jpeg", ".jpe",  ".png",
                                                      ".bmp", ".tif",  ".tiff", ".webp"};
  return std::find(kKnown.begin(), kKnown.end(), extension) != kKnown.end();
}

std::string shown_name(const std::filesystem::path& file, const std::filesystem::path& root) {
  const std::filesystem::path relative = file.lexically_relative(root);
  return relative.empty() || *relative.begin() == ".." ? file.string() : relative.string();
}

}  // namespace cairn::datasets
