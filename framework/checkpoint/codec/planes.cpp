// Payload: for each plane from the lowest byte up a 32-bit word, mode in the top two bits and length below, then the
// planes' data in that order. Modes: 0 as it is, 1 zstd frame, 2 one byte repeated.
#include "checkpoint/codec/planes.h"

#include <algorithm>
#include <cstring>

#include <cairn/error.h>

#include "base/little_endian.h"
#include "base/zstd.h"
#include "checkpoint/codec/vectorize.h"

namespace cairn {

namespace {

constexpr int kLevel = 1;
constexpr uint32_t kAsIs = 0, kZstd = 1, kConstant = 2;
constexpr uint32_t kLengthMask = (1u << 30) - 1;
constexpr size_t kWordBytes = 4;

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

constexpr size_t kRun = 2048;  // numbers that stay in the nearest cache while each plane takes its bytes

CAIRN_VECTORIZE void split_run(const uint32_t* from, size_t count, uint32_t turn, uint8_t* p0, uint8_t* p1, uint8_t* p2,
                               uint8_t* p3) {
  uint32_t values[kRun];
  const uint32_t left = turn, right = 32 - turn;
  if (turn == 0) {
    for (size_t i = 0; i < count; ++i) values[i] = from[i];
  } else {
    for (size_t i = 0; i < count; ++i) values[i] = from[i] << left | from[i] >> right;
  }
  for (size_t i = 0; i < count; ++i) p0[i] = static_cast<uint8_t>(values[i]);
  for (size_t i = 0; i < count; ++i) p1[i] = static_cast<uint8_t>(values[i] >> 8);
  for (size_t i = 0; i < count; ++i) p2[i] = static_cast<uint8_t>(values[i] >> 16);
  for (size_t i = 0; i < count; ++i) p3[i] = static_cast<uint8_t>(values[i] >> 24);
}

CAIRN_VECTORIZE void join_run(const uint8_t* p0, const uint8_t* p1, const uint8_t* p2, const uint8_t* p3, size_t count,
                              uint32_t turn, uint32_t* into) {
  const uint32_t right = turn, left = (32 - turn) & 31;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t value = p0[i] | uint32_t{p1[i]} << 8 | uint32_t{p2[i]} << 16 | uint32_t{p3[i]} << 24;
    into[i] = value >> right | value << left;
  }
}

template <>
void split<uint32_t>(const std::byte* from, size_t count, Twist twist, std::byte* planes) {
  const auto* values = reinterpret_cast<const uint32_t*>(from);
  auto* to = reinterpret_cast<uint8_t*>(planes);
  for (size_t i = 0; i < count; i += kRun) {
    split_run(values + i, std::min(kRun, count - i), twist == Twist::Rotate ? 1 : 0, to + i, to + count + i,
              to + 2 * count + i, to + 3 * count + i);
  }
}

template <>
void join<uint32_t>(const std::byte* planes, size_t count, Twist twist, std::byte* into) {
  const auto* from = reinterpret_cast<const uint8_t*>(planes);
  join_run(from, from + count, from + 2 * count, from + 3 * count, count, twist == Twist::Rotate ? 1 : 0,
           reinterpret_cast<uint32_t*>(into));
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

// Whether entropy coding can hardly gain: the sample's bytes are spread as those of noise. Sum of squares of the counts
// is n + n^2 / 256 on average for even bytes; what a twentieth of a bit could gain lies above the limit.
bool is_noise(std::span<const std::byte> plane) {
  constexpr size_t kSample = 4096;
  if (plane.size() < 4 * kSample) return false;
  uint32_t counts[256] = {};
  const size_t stride = plane.size() / kSample;
  for (size_t i = 0; i < kSample; ++i) ++counts[static_cast<uint8_t>(plane[i * stride])];
  uint64_t squares = 0;
  for (const uint32_t count : counts) squares += uint64_t{count} * count;
  return squares < kSample + kSample * kSample / 256 * 107 / 100;
}

bool is_constant(std::span<const std::byte> plane) {
  return std::memcmp(plane.data(), plane.data() + 1, plane.size() - 1) == 0;
}

Plane encode_plane(std::span<const std::byte> plane, std::vector<std::byte>& out) {
  if (is_constant(plane)) {
    out.push_back(plane[0]);
    return {kConstant, 1};
  }
  if (is_noise(plane)) {
    out.insert(out.end(), plane.begin(), plane.end());
    return {kAsIs, plane.size()};
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
  std::vector<std::byte> out(kWordBytes * width);
  for (uint32_t p = 0; p < width; ++p) {
    const Plane plane = encode_plane(std::span(planes).subspan(p * count, count), out);
    const auto word = ByteWriter().number(plane.mode << 30 | static_cast<uint32_t>(plane.length)).take();
    std::copy(word.begin(), word.end(), out.begin() + static_cast<std::ptrdiff_t>(kWordBytes * p));
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
  data.raw(std::min(kWordBytes * width, payload.size()));
  for (uint32_t p = 0; p < width; ++p) {
    const uint32_t word = words.number<uint32_t>();
    decode_plane(word >> 30, data.raw(word & kLengthMask), std::span(planes).subspan(p * count, count), what);
  }
  if (data.left() != 0) fail(Code::DataLoss, what, " is damaged: bytes follow its last plane");
  with_width(width, [&](auto type) { join<decltype(type)>(planes.data(), count, twist, into.data()); });
}

}  // namespace cairn
