// From a record of the dataset to the sample that enters the augmentation chain: read, decode, first resize, cache.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <cairn/dataset.h>

namespace cairn {

enum class CacheKind { None, Ram, Disk };
CacheKind cache_kind_of(const std::string& text);  // "none", "ram", "disk"; else InvalidArgument

// The short side after the first resize: rounded up (YOLOv5, v8, v10) or cut (YOLOv6, v7, v9).
enum class LoadRule { Ceil, Truncate };
// How pictures are made smaller: linear (training in all families, evaluation of v8 and later) or area.
// Enlarging is always linear.
enum class Shrink { Linear, Area };

// The size after the first resize: the long side becomes image_size.
cv::Size loaded_size(cv::Size file, int64_t image_size, LoadRule rule);

struct SourceOptions {
  std::string plugin = "dataset";  // what messages call the plugin
  int64_t image_size = 640;
  LoadRule rule = LoadRule::Ceil;
  Shrink shrink = Shrink::Linear;
  CacheKind cache = CacheKind::None;
  uint64_t ram_limit_bytes = uint64_t{8} << 30;  // a stated number: what is free at the moment decides nothing
  std::filesystem::path cache_folder{};          // of CacheKind::Disk; made when it is missing
};

// Thread-safe; borrows the dataset. Pixels of returned samples may be shared with the cache (see Sample::writable).
class Source {
 public:
  // CacheKind::Ram whose pictures need more than ram_limit_bytes: ResourceExhausted, naming both numbers.
  Source(const Dataset& dataset, SourceOptions options);
  ~Source();
  int64_t size() const;
  uint64_t ram_bytes() const;               // what CacheKind::Ram takes when it is full
  cv::Size file_size(int64_t index) const;  // as shown
  cv::Size loaded_size(int64_t index) const;
  const std::string& name(int64_t index) const;
  int64_t image_id(int64_t index) const;
  // [worker, concurrent] Boxes and polygons in pixels of the resized picture, mapping and index filled. An unreadable
  // or damaged picture, or one whose size has changed since the set was opened, is DataLoss with the file named.
  Sample load(int64_t index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn
