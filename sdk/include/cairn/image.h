// Decoding by content: what a file is called does not matter. JPEG, PNG, BMP, TIFF and WebP.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <opencv2/core.hpp>

#include <cairn/error.h>

namespace cairn {

struct ImageInfo {
  std::string format;         // "jpeg", "png", "bmp", "tiff", "webp"
  int width = 0, height = 0;  // as shown: after EXIF rotation
  int orientation = 1;        // EXIF, 1..8
};

struct ImageLimits {
  int64_t max_pixels = int64_t{1} << 28;
};

// [any thread] Reads the header only. Not a picture, empty, or larger than the limits: InvalidArgument, without a path;
// a header that claims more pixels than so few bytes can hold: DataLoss.
CAIRN_API ImageInfo probe_image(std::span<const std::byte> encoded, const ImageLimits& = {});

// [any thread] 8-bit BGR, rotated as EXIF says; of 16 bits the upper 8 are kept, grey is spread over the channels,
// alpha is dropped (not blended). Of a file with several pictures the first is taken. A damaged or truncated file is
// DataLoss (never half a picture), a size over the limits InvalidArgument before any pixel is allocated.
CAIRN_API cv::Mat decode_image(std::span<const std::byte> encoded, const ImageLimits& = {});

// [any thread] The whole file. NotFound, PermissionDenied, or InvalidArgument when over max_bytes; the path is named.
CAIRN_API std::vector<std::byte> read_file(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 30);

}  // namespace cairn
