#include "base/row_major.h"

#include <cstring>
#include <vector>

namespace cairn {

namespace {

struct Axis {
  int64_t size = 1;
  int64_t stride = 1;
};

// Axes that one walk with one stride covers are one axis; those of a single index are none.
std::vector<Axis> joined_axes(std::span<const int64_t> shape, std::span<const int64_t> strides) {
  std::vector<Axis> axes;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 1) continue;
    if (!axes.empty() && axes.back().stride == strides[i] * shape[i]) {
      axes.back() = {axes.back().size * shape[i], strides[i]};
    } else {
      axes.push_back({shape[i], strides[i]});
    }
  }
  return axes;
}

// The innermost axis in order; most are short, so that what surrounds the loop counts.
template <size_t kSize>
inline std::byte* gather_row(const std::byte* from, std::byte* to, Axis axis) {
  const std::ptrdiff_t pitch = axis.stride * static_cast<std::ptrdiff_t>(kSize);
#pragma GCC unroll 4
  for (int64_t i = 0; i < axis.size; ++i, from += pitch, to += kSize) std::memcpy(to, from, kSize);
  return to;
}

template <size_t kSize>
std::byte* gather(const std::byte* from, std::byte* to, std::span<const Axis> axes) {
  const auto [size, stride] = axes.front();
  const std::ptrdiff_t pitch = stride * static_cast<std::ptrdiff_t>(kSize);
  if (axes.size() == 1) return gather_row<kSize>(from, to, axes[0]);
  if (axes.size() == 2) {
    for (int64_t i = 0; i < size; ++i, from += pitch) to = gather_row<kSize>(from, to, axes[1]);
    return to;
  }
  for (int64_t i = 0; i < size; ++i, from += pitch) to = gather<kSize>(from, to, axes.subspan(1));
  return to;
}

}  // namespace

void to_row_major(std::span<const std::byte> from, std::span<std::byte> to, std::span<const int64_t> shape,
                  std::span<const int64_t> strides, size_t element_size) {
  const std::vector<Axis> axes = joined_axes(shape, strides);
  if (from.empty()) return;
  if (axes.empty() || (axes.size() == 1 && axes[0].stride == 1)) {
    std::memcpy(to.data(), from.data(), from.size());
    return;
  }
  switch (element_size) {
    case 1:
      gather<1>(from.data(), to.data(), axes);
      break;
    case 2:
      gather<2>(from.data(), to.data(), axes);
      break;
    case 4:
      gather<4>(from.data(), to.data(), axes);
      break;
    default:
      gather<8>(from.data(), to.data(), axes);
  }
}

}  // namespace cairn
