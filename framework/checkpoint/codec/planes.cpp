// Payload: for each plane from the lowest byte up a 32-bit word, mode in the top two bits and length below, then the
// planes' data in that order. Modes: 0 as it is, 1 zstd frame, 2 one byte repeated.
#include "checkpoint/codec/planes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <cairn/error.h>

#include "base/little_endian.h"
#include "base/page_allocator.h"
#include "base/zstd.h"
#include "checkpoint/codec/vectorize.h"

namespace cairn {

// For one block; it is as large as the largest that came.
struct PlaneMemory {
  PageVector<std::byte> planes;
  PageVector<std::byte> frame;  // of one plane
};

namespace {

constexpr int kLevel = 1;
constexpr uint32_t kAsIs = 0, kZstd = 1, kConstant = 2;
constexpr uint32_t kLengthMask = (1u << 30) - 1;
constexpr size_t kWordBytes = 4;

using Planes = std::array<const std::byte*, sizeof(uint64_t)>;

template <class T>
T twisted(T value, Twist twist) {
  return twist == Twist::Rotate ? static_cast<T>(value << 1 | value >> (8 * sizeof(T) - 1)) : value;
}

template <class T>
T untwisted(T value, Twist twist) {
  return twist == Twist::Rotate ? static_cast<T>(value >> 1 | value << (8 * sizeof(T) - 1)) : value;
}

// A plane's next number is one byte on; the next plane begins `pitch` bytes on.
template <class T>
void split(const std::byte* from, size_t count, Twist twist, std::byte* planes, size_t pitch) {
  for (size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, from + i * sizeof(T), sizeof(T));
    value = twisted(value, twist);
    for (size_t p = 0; p < sizeof(T); ++p) planes[p * pitch + i] = static_cast<std::byte>(value >> 8 * p & 0xFF);
  }
}

template <class T>
void join(const Planes& planes, size_t count, Twist twist, std::byte* into) {
  for (size_t i = 0; i < count; ++i) {
    T value = 0;
    for (size_t p = 0; p < sizeof(T); ++p) {
      value = static_cast<T>(value | static_cast<T>(static_cast<T>(planes[p][i]) << 8 * p));
    }
    value = untwisted(value, twist);
    std::memcpy(into + i * sizeof(T), &value, sizeof(T));
  }
}

// The usual width. Runs of numbers stay in the nearest cache between two passes; interleaving single bytes is what the
// compiler vectorizes best.
constexpr size_t kRun = 2048;

CAIRN_VECTORIZE void rotate_left(const uint32_t* from, size_t count, uint32_t* into) {
  for (size_t i = 0; i < count; ++i) into[i] = from[i] << 1 | from[i] >> 31;
}

CAIRN_VECTORIZE void rotate_right(const uint32_t* from, size_t count, uint32_t* into) {
  for (size_t i = 0; i < count; ++i) into[i] = from[i] >> 1 | from[i] << 31;
}

CAIRN_VECTORIZE void deal(const uint8_t* __restrict from, size_t count, uint8_t* __restrict p0, uint8_t* __restrict p1,
                          uint8_t* __restrict p2, uint8_t* __restrict p3) {
  for (size_t i = 0; i < count; ++i) {
    p0[i] = from[4 * i];
    p1[i] = from[4 * i + 1];
    p2[i] = from[4 * i + 2];
    p3[i] = from[4 * i + 3];
  }
}

CAIRN_VECTORIZE void interleave(const uint8_t* __restrict p0, const uint8_t* __restrict p1,
                                const uint8_t* __restrict p2, const uint8_t* __restrict p3, size_t count,
                                uint8_t* __restrict into) {
  for (size_t i = 0; i < count; ++i) {
    into[4 * i] = p0[i];
    into[4 * i + 1] = p1[i];
    into[4 * i + 2] = p2[i];
    into[4 * i + 3] = p3[i];
  }
}

template <>
void split<uint32_t>(const std::byte* from, size_t count, Twist twist, std::byte* planes, size_t pitch) {
  auto* to = reinterpret_cast<uint8_t*>(planes);
  uint32_t turned[kRun];
  for (size_t i = 0; i < count; i += kRun) {
    const size_t run = std::min(kRun, count - i);
    const std::byte* values = from + 4 * i;
    if (twist == Twist::Rotate) {
      rotate_left(reinterpret_cast<const uint32_t*>(values), run, turned);
      values = reinterpret_cast<const std::byte*>(turned);
    }
    deal(reinterpret_cast<const uint8_t*>(values), run, to + i, to + pitch + i, to + 2 * pitch + i, to + 3 * pitch + i);
  }
}

template <>
void join<uint32_t>(const Planes& planes, size_t count, Twist twist, std::byte* into) {
  const auto at = [&](size_t p, size_t i) { return reinterpret_cast<const uint8_t*>(planes[p]) + i; };
  uint32_t turned[kRun];
  for (size_t i = 0; i < count; i += kRun) {
    const size_t run = std::min(kRun, count - i);
    auto* values = twist == Twist::Rotate ? reinterpret_cast<std::byte*>(turned) : into + 4 * i;
    interleave(at(0, i), at(1, i), at(2, i), at(3, i), run, reinterpret_cast<uint8_t*>(values));
    if (twist == Twist::Rotate) rotate_right(turned, run, reinterpret_cast<uint32_t*>(into + 4 * i));
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

std::span<std::byte> room_in(PageVector<std::byte>& memory, size_t size) {
  if (memory.size() < size) memory.resize(size);
  return std::span(memory).first(size);
}

struct Plane {
  uint32_t mode = kAsIs;
  std::span<const std::byte> data;  // the plane's own or the frame
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

// `frame` has room for the plane's frame.
Plane encode_plane(std::span<const std::byte> plane, std::span<std::byte> frame) {
  if (is_constant(plane)) return {kConstant, plane.first(1)};
  if (is_noise(plane)) return {kAsIs, plane};
  const size_t size = compress_into(plane, kLevel, frame);
  if (size != 0 && size < plane.size()) return {kZstd, frame.first(size)};
  return {kAsIs, plane};
}

// The plane's bytes: in `memory`, or where they are in the payload.
const std::byte* decode_plane(uint32_t mode, std::span<const std::byte> data, std::span<std::byte> memory,
                              const std::string& what) {
  if (mode == kAsIs && data.size() == memory.size()) return data.data();
  if (mode == kConstant && data.size() == 1) {
    std::fill(memory.begin(), memory.end(), data[0]);
  } else if (mode == kZstd) {
    decompress(data, memory, what);
  } else {
    fail(Code::DataLoss, what, " is damaged: a byte plane of mode ", mode, " has ", data.size(), " bytes");
  }
  return memory.data();
}

}  // namespace

PlaneWriter::PlaneWriter(size_t size_bytes, uint32_t width, Twist twist)
    : count_(size_bytes / width),
      width_(width),
      twist_(twist),
      memory_(immortal_lender<PlaneMemory>().borrow()),
      planes_(room_in(memory_->planes, size_bytes)) {}

void PlaneWriter::put(size_t at, std::span<const std::byte> numbers) {
  with_width(width_, [&](auto type) {
    split<decltype(type)>(numbers.data(), numbers.size() / width_, twist_, planes_.data() + at / width_, count_);
  });
}

std::optional<std::vector<std::byte>> PlaneWriter::finish(size_t limit) {
  const auto frame = room_in(memory_->frame, compress_bound(count_));
  std::vector<std::byte> out(kWordBytes * width_);
  out.reserve(out.size() + planes_.size());  // no plane grows
  for (uint32_t p = 0; p < width_; ++p) {
    const Plane plane = encode_plane(planes_.subspan(p * count_, count_), frame);
    if (out.size() + plane.data.size() >= limit) return std::nullopt;
    const uint32_t word = plane.mode << 30 | static_cast<uint32_t>(plane.data.size());
    std::memcpy(out.data() + kWordBytes * p, &word, kWordBytes);
    out.insert(out.end(), plane.data.begin(), plane.data.end());
  }
  return out;
}

PlaneReader::PlaneReader(std::span<const std::byte> payload, size_t size_bytes, uint32_t width, Twist twist,
                         const std::string& what)
    : width_(width), twist_(twist), memory_(immortal_lender<PlaneMemory>().borrow()) {
  const size_t count = size_bytes / width;
  const auto memory = room_in(memory_->planes, size_bytes);
  ByteReader words(payload, what);
  ByteReader data(payload, what);
  data.raw(std::min(kWordBytes * width, payload.size()));
  for (uint32_t p = 0; p < width; ++p) {
    const uint32_t word = words.number<uint32_t>();
    planes_[p] = decode_plane(word >> 30, data.raw(word & kLengthMask), memory.subspan(p * count, count), what);
  }
  if (data.left() != 0) fail(Code::DataLoss, what, " is damaged: bytes follow its last plane");
}

void PlaneReader::get(size_t at, std::span<std::byte> into) const {
  Planes here = planes_;
  for (uint32_t p = 0; p < width_; ++p) here[p] += at / width_;
  with_width(width_, [&](auto type) { join<decltype(type)>(here, into.size() / width_, twist_, into.data()); });
}

}  // namespace cairn
