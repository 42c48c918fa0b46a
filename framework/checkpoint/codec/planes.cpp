// Payload: for each plane from the lowest byte up a 32-bit word, mode in the top two bits and length below, then the
// planes' data in that order. Modes: 0 as it is, 1 zstd frame, 2 one byte repeated.
#include "checkpoint/codec/planes.h"

#include <algorithm>
#include <cstring>

#include <cairn/error.h>

#include "base/little_endian.h"
#include "base/zstd.h"

namespace cairn {

namespace {

constexpr int kLevel = 1;
constexpr uint32_t kAsIs = 0, kZstd = 1, kConstant = 2;
constexpr uint32_t kLengthMask = (1u << 30) - 1;

template <class T>
T twisted(T value, Twist twist) {
  return twist == Twist::Rotate ? static_cast<T>(value << 1 | value >> (8 * sizeof(T) - 1)) : value;
}

template <class T>
T untwisted(T value, Twist twist) {
  return twist == Twist::Rotate ? static_cast<T>(value >> 1 | value << (8 * sizeof(T) - 1)) : value;
}

template <class T>
void split(const std::byte* from, size_t count, Twist twist, std::byte* planes) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    value = twisted(value, twist);
    for (size_t p = 0; p < sizeof(T); ++p) planes[p * count + i] = static_cast<std::byte>(value >> 8 * p & 0xFF);
  }
}

template <class T>
void join(const std::byte* planes, size_t count, Twist twist, std::byte* into) {
  for (size_t i = 0; i < count; ++i) {
    T value = 0;
    for (size_t p = 0; p < sizeof(T); ++p) {
      value = static_cast<T>(value | static_cast<T>(static_cast<T>(planes[p * count + i]) << 8 * p));
    }
    value = untwisted(value, twist);
    std::memcpy(into + i * sizeof(T), &value, sizeof(T));
  }
}

// Calls with a value of the unsigned type of that width.
template <class Function>
void with_width(uint32_t width, Function&& function) {
  switch (width) {
    case 1:
      return function(uint8_t{});
    case 2:
      return function(uint16_t{});
    case 4:
      return function(uint32_t{});
    case 8:
      return function(uint64_t{});
    default:
      fail(Code::Internal, "no number has ", width, " bytes");
  }
}

// Per-thread memory for one block's planes; it keeps its size between blocks.
std::vector<std::byte>& scratch() {
  thread_local std::vector<std::byte> memory;
  return memory;
}

struct Plane {
  uint32_t mode = kAsIs;
  size_t length = 0;
};

Plane encode_plane(std::span<const std::byte> plane, std::vector<std::byte>& out) {
  if (std::all_of(plane.begin(), plane.end(), [&](std::byte b) { return b == plane[0]; })) {
    out.push_back(plane[0]);
    return {kConstant, 1};
  }
  const size_t at = out.size();
  out.resize(at + compress_bound(plane.size()));
  const size_t size = compress_into(plane, kLevel, std::span(out).subspan(at));
  if (size != 0 && size < plane.size()) {
    out.resize(at + size);
    return {kZstd, size};
  }
  out.resize(at);
  out.insert(out.end(), plane.begin(), plane.end());
  return {kAsIs, plane.size()};
}

void decode_plane(uint32_t mode, std::span<const std::byte> data, std::span<std::byte> plane, const std::string& what) {
  if (mode == kConstant && data.size() == 1) {
    std::fill(plane.begin(), plane.end(), data[0]);
  } else if (mode == kZstd) {
    decompress(data, plane, what);
  } else if (mode == kAsIs && data.size() == plane.size()) {
    std::copy(data.begin(), data.end(), plane.begin());
  } else {
    fail(Code::DataLoss, what, " is damaged: a byte plane of mode ", mode, " has ", data.size(), " bytes");
  }
}

}  // namespace

std::optional<std::vector<std::byte>> encode_planes(std::span<const std::byte> bytes, uint32_t width, Twist twist,
                                                    size_t limit) {
  if (bytes.empty()) return std::nullopt;
  const size_t count = bytes.size() / width;
  auto& planes = scratch();
  planes.resize(bytes.size());
  with_width(width, [&](auto type) { split<decltype(type)>(bytes.data(), count, twist, planes.data()); });
  std::vector<std::byte> out(4 * width);
  for (uint32_t p = 0; p < width; ++p) {
    const Plane plane = encode_plane(std::span(planes).subspan(p * count, count), out);
    const auto word = ByteWriter().number(plane.mode << 30 | static_cast<uint32_t>(plane.length)).take();
    std::copy(word.begin(), word.end(), out.begin() + 4 * p);
    if (out.size() >= limit) return std::nullopt;
  }
  return out;
}

void decode_planes(std::span<const std::byte> payload, uint32_t width, Twist twist, std::span<std::byte> into,
                   const std::string& what) {
  const size_t count = into.size() / width;
  auto& planes = scratch();
  planes.resize(into.size());
  ByteReader words(payload, what);
  ByteReader data(payload, what);
  data.raw(std::min<size_t>(4 * width, payload.size()));
  for (uint32_t p = 0; p < width; ++p) {
    const uint32_t word = words.number<uint32_t>();
    decode_plane(word >> 30, data.raw(word & kLengthMask), std::span(planes).subspan(p * count, count), what);
  }
  if (data.left() != 0) fail(Code::DataLoss, what, " is damaged: bytes follow its last plane");
  with_width(width, [&](auto type) { join<decltype(type)>(planes.data(), count, twist, into.data()); });
}

}  // namespace cairn
