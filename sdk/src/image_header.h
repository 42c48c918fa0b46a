// What the first bytes of an encoded picture say. Every offset is checked; nothing is allocated from what a header
// claims.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn::detail {

enum class ImageFormat { Jpeg, Png, Bmp, Tiff, Webp };
const char* name_of(ImageFormat format);

struct ImageHeader {
  ImageFormat format{};
  int64_t width = 0, height = 0;  // as stored
  int orientation = 1;            // EXIF, 1..8
  int64_t least_bytes = 0;        // no intact file of this format and size is smaller
};

// InvalidArgument when the bytes are no picture of a known format, or end inside the header.
ImageHeader read_image_header(std::span<const std::byte> encoded);

}  // namespace cairn::detail
