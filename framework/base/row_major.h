// The elements of a tensor in the order in which snapshots store them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace cairn {

// `from` holds a dense tensor's elements as its strides lay them, `to` gets them in row-major order. Both are as large
// as the tensor and do not overlap. element_size: 1, 2, 4 or 8 bytes.
void to_row_major(std::span<const std::byte> from, std::span<std::byte> to, std::span<const int64_t> shape,
                  std::span<const int64_t> strides, size_t element_size);

}  // namespace cairn
