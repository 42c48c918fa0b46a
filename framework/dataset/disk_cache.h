// Resized pictures as raw files: reading one costs a copy instead of a decode. A file that is torn, cut or of another
// size is made anew. Nothing here needs to survive a power cut.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>

#include <opencv2/core.hpp>

namespace cairn {

// [worker, concurrent] The folder's name carries what its contents depend on (the set's fingerprint, size and rule).
class DiskCache {
 public:
  explicit DiskCache(std::filesystem::path folder);  // makes it; what prevents that is FailedPrecondition
  // A file that cannot be written (disk full) is left out: the picture is made every time.
  cv::Mat get(int64_t index, cv::Size size, const std::function<cv::Mat()>& make) const;
  std::filesystem::path file_of(int64_t index) const;

 private:
  cv::Mat read(const std::filesystem::path& file, cv::Size size) const;  // empty when there is none that is whole
  void write(const std::filesystem::path& file, const cv::Mat& image) const;
  std::filesystem::path folder_;
  mutable std::atomic<uint64_t> writes_{0};  // keeps the names of files in the making apart
};

}  // namespace cairn
