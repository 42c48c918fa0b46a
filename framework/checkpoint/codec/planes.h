// Numbers split into byte planes, each compressed by itself: the bytes of one significance are alike, those of one
// number not.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/lender.h"

namespace cairn {

// What happens to each number before it is split. Rotate: the sign goes into the lowest bit, so that the exponent fills
// a byte.
enum class Twist { None, Rotate };

struct PlaneMemory;

// Takes the numbers of a block, in one piece or run by run.
class PlaneWriter {
 public:
  // `width` is 1, 2, 4 or 8 and divides size_bytes and all that is put; at least one number.
  PlaneWriter(size_t size_bytes, uint32_t width, Twist twist);
  void put(size_t at, std::span<const std::byte> numbers);  // `at`: bytes before them
  // Empty when the result would not be smaller than `limit` bytes.
  std::optional<std::vector<std::byte>> finish(size_t limit);

 private:
  size_t count_;
  uint32_t width_;
  Twist twist_;
  Lender<PlaneMemory>::Loan memory_;
  std::span<std::byte> planes_;  // in memory_
};

class PlaneReader {
 public:
  // As for the writer; `payload` stays. DataLoss, naming `what`, unless it holds planes of exactly that size.
  PlaneReader(std::span<const std::byte> payload, size_t size_bytes, uint32_t width, Twist twist,
              const std::string& what);
  void get(size_t at, std::span<std::byte> into) const;  // `at`: bytes before them

 private:
  uint32_t width_;
  Twist twist_;
  Lender<PlaneMemory>::Loan memory_;
  std::array<const std::byte*, sizeof(uint64_t)> planes_{};  // in memory_ or in the payload
};

}  // namespace cairn
