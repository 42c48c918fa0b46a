// Bytes that must not leak: locked in memory, left out of core dumps, fenced, and zeroed when they go.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cairn {

// Move-only. The first one of a process also turns its core dumps off, for what passes through other memory. [value]
class LockedBytes {
 public:
  explicit LockedBytes(size_t size);  // zeros
  static LockedBytes random(size_t size);
  static LockedBytes copy_of(std::span<const std::byte> bytes);
  LockedBytes(LockedBytes&& other) noexcept;
  LockedBytes& operator=(LockedBytes&& other) noexcept;
  ~LockedBytes();
  std::span<std::byte> bytes() { return {bytes_, size_}; }
  std::span<const std::byte> bytes() const { return {bytes_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_), size_}; }
  size_t size() const { return size_; }

 private:
  std::byte* bytes_;
  size_t size_;
};

// Zeroes what held a secret on its way into a LockedBytes.
void wipe(std::span<std::byte> bytes);
void wipe(std::string& text);

// Random bytes that are no secret.
void fill_random(std::span<std::byte> bytes);

}  // namespace cairn
