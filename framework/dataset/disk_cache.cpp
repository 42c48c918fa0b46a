#include "dataset/disk_cache.h"

#include <cstdio>
#include <cstring>
#include <memory>
#include <span>

#include <unistd.h>

#include <cairn/error.h>

#include "base/xxh3.h"

namespace cairn {
namespace {

// "cairnpx1", width, height (u32), XXH3-64 of the pixels (u64), pixels: little-endian, rows without gaps.
constexpr char kMagic[8] = {'c', 'a', 'i', 'r', 'n', 'p', 'x', '1'};
struct Head {
  char magic[8];
  uint32_t width, height;
  uint64_t hash;
};
static_assert(sizeof(Head) == 24);

using Stream = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
Stream open_file(const std::filesystem::path& path, const char* mode) {
  return {std::fopen(path.c_str(), mode), &std::fclose};
}

size_t bytes_of(const cv::Mat& image) {
  return image.total() * image.elemSize();
}

uint64_t hash_of(const cv::Mat& image) {
  return xxh3(std::as_bytes(std::span(image.data, bytes_of(image))));
}

}  // namespace

DiskCache::DiskCache(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    fail(Code::FailedPrecondition, "cannot make the picture cache's folder ", folder_.string(), ": ", error.message(),
         "; use cache = \"ram\" or \"none\"");
  }
}

std::filesystem::path DiskCache::file_of(int64_t index) const {
  return folder_ / cat(index, ".raw");
}

cv::Mat DiskCache::read(const std::filesystem::path& path, cv::Size size) const {
  const Stream file = open_file(path, "rb");
  Head head;
  if (file == nullptr || std::fread(&head, sizeof head, 1, file.get()) != 1) return {};
  if (std::memcmp(head.magic, kMagic, sizeof kMagic) != 0 || head.width != static_cast<uint32_t>(size.width) ||
      head.height != static_cast<uint32_t>(size.height)) {
    return {};
  }
  cv::Mat image(size, CV_8UC3);
  if (std::fread(image.data, 1, bytes_of(image), file.get()) != bytes_of(image)) return {};
  return hash_of(image) == head.hash ? image : cv::Mat();
}

void DiskCache::write(const std::filesystem::path& path, const cv::Mat& given) const {
  const cv::Mat image = given.isContinuous() ? given : given.clone();
  Head head{{}, static_cast<uint32_t>(image.cols), static_cast<uint32_t>(image.rows), hash_of(image)};
  std::memcpy(head.magic, kMagic, sizeof kMagic);
  const std::filesystem::path temporary = path.string() + cat(".", ::getpid(), "-", writes_++);
  bool whole = false;
  {
    const Stream file = open_file(temporary, "wb");
    whole = file != nullptr && std::fwrite(&head, sizeof head, 1, file.get()) == 1 &&
            std::fwrite(image.data, 1, bytes_of(image), file.get()) == bytes_of(image) && std::fflush(file.get()) == 0;
  }
  std::error_code ignored;
  if (whole)
    std::filesystem::rename(temporary, path, ignored);
  else
    std::filesystem::remove(temporary, ignored);
}

cv::Mat DiskCache::get(int64_t index, cv::Size size, const std::function<cv::Mat()>& make) const {
  const std::filesystem::path path = file_of(index);
  if (cv::Mat found = read(path, size); !found.empty()) return found;
  const cv::Mat made = make();
  write(path, made);
  return made;
}

}  // namespace cairn
