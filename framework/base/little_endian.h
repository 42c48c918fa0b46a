// Fixed-width little-endian numbers in byte strings, with bounds.
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/error.h>

namespace cairn {

static_assert(std::endian::native == std::endian::little,
              "tensors are stored as the machine holds them, little-endian");

class ByteWriter {
 public:
  explicit ByteWriter(size_t expected_size = 0) { out_.reserve(expected_size); }
  template <std::unsigned_integral T>
  ByteWriter& number(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<std::byte>(value >> 8 * i));
    return *this;
  }
  ByteWriter& real(double value) { return number(std::bit_cast<uint64_t>(value)); }
  ByteWriter& raw(std::span<const std::byte> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& raw(std::string_view text) { return raw(std::as_bytes(std::span(text.data(), text.size()))); }
  size_t size() const { return out_.size(); }
  std::vector<std::byte> take() { return std::move(out_); }

 private:
  std::vector<std::byte> out_;
};

// Reading past the end is DataLoss, naming `what`.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string what) : bytes_(bytes), what_(std::move(what)) {}
  template <std::unsigned_integral T>
  T number() {
    const auto bytes = raw(sizeof(T));
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
      value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << 8 * i));
    return value;
  }
  double real() { return std::bit_cast<double>(number<uint64_t>()); }
  std::span<const std::byte> raw(size_t size) {
    if (size > left()) fail(Code::DataLoss, what_, " is damaged: it ends ", size - left(), " bytes too early");
    const auto part = bytes_.subspan(at_, size);
    at_ += size;
    return part;
  }
  size_t left() const { return bytes_.size() - at_; }
  size_t at() const { return at_; }

 private:
  std::span<const std::byte> bytes_;
  std::string what_;
  size_t at_ = 0;
};

}  // namespace cairn
