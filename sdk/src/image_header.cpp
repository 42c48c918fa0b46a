#include "image_header.h"

#include <cstdlib>
#include <cstring>

#include <cairn/error.h>

namespace cairn::detail {
namespace {

enum class Endian { Little, Big };

// Bytes with checked access.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> data, Endian endian = Endian::Big) : data_(data), endian_(endian) {}
  size_t size() const { return data_.size(); }
  bool has(size_t at, size_t count) const { return at <= data_.size() && count <= data_.size() - at; }
  bool starts(size_t at, std::string_view text) const {
    return has(at, text.size()) && std::memcmp(data_.data() + at, text.data(), text.size()) == 0;
  }
  uint32_t number(size_t at, int bytes) const {
    if (!has(at, static_cast<size_t>(bytes))) {
      fail(Code::InvalidArgument, "the picture ends inside its header, after ", data_.size(), " bytes");
    }
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      const int from = endian_ == Endian::Big ? i : bytes - 1 - i;
      value = value << 8 | static_cast<uint32_t>(data_[at + static_cast<size_t>(from)]);
    }
    return value;
  }
  uint32_t u8(size_t at) const { return number(at, 1); }
  uint32_t u16(size_t at) const { return number(at, 2); }
  uint32_t u24(size_t at) const { return number(at, 3); }
  uint32_t u32(size_t at) const { return number(at, 4); }
  Bytes part(size_t at, size_t count) const {
    at = std::min(at, data_.size());
    return Bytes(data_.subspan(at, std::min(count, data_.size() - at)), endian_);
  }
  Bytes as(Endian endian) const { return Bytes(data_, endian); }

 private:
  std::span<const std::byte> data_;
  Endian endian_;
};

struct TiffTags {
  uint32_t width = 0, height = 0, orientation = 1;
};

bool is_tiff(const Bytes& bytes) {
  return bytes.starts(0, {"II*\0", 4}) || bytes.starts(0, {"MM\0*", 4});
}

// The first directory of a TIFF, which is also what EXIF holds.
TiffTags read_tiff(const Bytes& given) {
  const Bytes tiff = given.as(given.starts(0, "II") ? Endian::Little : Endian::Big);
  TiffTags tags;
  const size_t directory = tiff.u32(4);
  const uint32_t entries = tiff.u16(directory);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{12} * i;
    const uint32_t tag = tiff.u16(entry), type = tiff.u16(entry + 2);
    const uint32_t value = type == 3 ? tiff.u16(entry + 8) : tiff.u32(entry + 8);
    if (tag == 256) tags.width = value;
    if (tag == 257) tags.height = value;
    if (tag == 274) tags.orientation = value;
  }
  return tags;
}

// A damaged EXIF block is no reason to lose the picture.
int orientation_of(const Bytes& exif) {
  if (!is_tiff(exif)) return 1;
  try {
    const uint32_t found = read_tiff(exif).orientation;
    return found >= 1 && found <= 8 ? static_cast<int>(found) : 1;
  } catch (const Error&) {
    return 1;
  }
}

bool is_frame_header(uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

ImageHeader read_jpeg(const Bytes& bytes) {
  ImageHeader header{ImageFormat::Jpeg};
  size_t at = 2;
  while (true) {
    if (bytes.u8(at) != 0xFF) fail(Code::InvalidArgument, "the JPEG header is damaged at byte ", at);
    while (bytes.u8(at) == 0xFF) ++at;
    const uint32_t marker = bytes.u8(at++);
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) continue;
    if (marker == 0xDA || marker == 0xD9) fail(Code::InvalidArgument, "the JPEG has no frame header before its data");
    const size_t length = bytes.u16(at);
    if (length < 2) fail(Code::InvalidArgument, "the JPEG header is damaged at byte ", at);
    if (marker == 0xE1 && bytes.starts(at + 2, {"Exif\0\0", 6}))
      header.orientation = orientation_of(bytes.part(at + 8, length - 8));
    if (is_frame_header(marker)) {
      header.height = bytes.u16(at + 3);
      header.width = bytes.u16(at + 5);
      // A Huffman-coded block of 8 x 8 pixels takes at least one bit; arithmetic coding (0xC9 and up) has no such
      // bound.
      if (marker < 0xC8) header.least_bytes = header.width * header.height / 512;
      return header;
    }
    at += length;
  }
}

ImageHeader read_png(const Bytes& bytes) {
  ImageHeader header{ImageFormat::Png};
  if (!bytes.starts(12, "IHDR")) fail(Code::InvalidArgument, "the PNG does not begin with a header chunk");
  header.width = bytes.u32(16);
  header.height = bytes.u32(20);
  const int64_t depth = bytes.u8(24);
  constexpr int64_t kChannels[] = {1, 1, 3, 1, 2, 1, 4};
  const uint32_t colour = bytes.u8(25);
  if (colour > 6) fail(Code::InvalidArgument, "the PNG header names the unknown colour type ", colour);
  // Deflate shrinks by 1032 at most (zlib's documentation); interlacing and filters only add bytes.
  const int64_t limit = int64_t{1} << 31;
  if (header.width < limit && header.height < limit) {
    header.least_bytes = header.width * kChannels[colour] * depth / 8 / 1032 * header.height;
  }
  for (size_t at = 8; bytes.has(at, 8);) {
    const size_t length = bytes.u32(at);
    if (bytes.starts(at + 4, "eXIf")) header.orientation = orientation_of(bytes.part(at + 8, length));
    at += 12 + length;
  }
  return header;
}

ImageHeader read_bmp(const Bytes& given) {
  const Bytes bytes = given.as(Endian::Little);
  ImageHeader header{ImageFormat::Bmp};
  if (bytes.u32(14) == 12) {
    header.width = bytes.u16(18);
    header.height = bytes.u16(20);
    return header;
  }
  header.width = static_cast<int32_t>(bytes.u32(18));
  header.height = std::abs(static_cast<int64_t>(static_cast<int32_t>(bytes.u32(22))));
  const int64_t bits = bytes.u16(28);
  const bool compressed = bytes.u32(30) == 1 || bytes.u32(30) == 2;
  if (!compressed && bits <= 32) header.least_bytes = header.width * bits / 8 * header.height;
  return header;
}

ImageHeader read_webp(const Bytes& given) {
  const Bytes bytes = given.as(Endian::Little);
  ImageHeader header{ImageFormat::Webp};
  if (bytes.starts(12, "VP8 ")) {
    header.width = bytes.u16(26) & 0x3FFF;
    header.height = bytes.u16(28) & 0x3FFF;
  } else if (bytes.starts(12, "VP8L")) {
    const uint32_t packed = bytes.u32(21);
    header.width = (packed & 0x3FFF) + 1;
    header.height = (packed >> 14 & 0x3FFF) + 1;
  } else if (bytes.starts(12, "VP8X")) {
    header.width = bytes.u24(24) + 1;
    header.height = bytes.u24(27) + 1;
    for (size_t at = 12; bytes.has(at, 8);) {
      const size_t length = bytes.u32(at + 4);
      if (bytes.starts(at, "EXIF")) {
        const size_t prefix = bytes.starts(at + 8, {"Exif\0\0", 6}) ? 6 : 0;
        header.orientation = orientation_of(bytes.part(at + 8 + prefix, length - std::min(length, prefix)));
      }
      at += 8 + length + length % 2;
    }
  } else {
    fail(Code::InvalidArgument, "the WebP begins with an unknown chunk");
  }
  return header;
}

}  // namespace

const char* name_of(ImageFormat format) {
  constexpr const char* kNames[] = {"jpeg", "png", "bmp", "tiff", "webp"};
  return kNames[static_cast<int>(format)];
}

ImageHeader read_image_header(std::span<const std::byte> encoded) {
  const Bytes bytes(encoded);
  if (bytes.size() == 0) fail(Code::InvalidArgument, "the picture is empty: 0 bytes");
  if (bytes.starts(0, "\xFF\xD8\xFF")) return read_jpeg(bytes);
  if (bytes.starts(0, "\x89PNG\r\n\x1A\n")) return read_png(bytes);
  if (bytes.starts(0, "RIFF") && bytes.starts(8, "WEBP")) return read_webp(bytes);
  if (bytes.starts(0, "BM")) return read_bmp(bytes);
  if (is_tiff(bytes)) {
    const TiffTags tags = read_tiff(bytes);
    const int orientation = tags.orientation >= 1 && tags.orientation <= 8 ? static_cast<int>(tags.orientation) : 1;
    return {ImageFormat::Tiff, tags.width, tags.height, orientation};
  }
  fail(Code::InvalidArgument, "not a picture: expected JPEG, PNG, BMP, TIFF or WebP by its first bytes");
}

}  // namespace cairn::detail
