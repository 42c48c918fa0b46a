// The inputs of golden files, from names and indices alone: the rule of tests/goldens/README.md.
#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::golden {

inline uint64_t fnv1a64(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

inline double uniform_at(uint64_t name_hash, uint64_t index) {
  uint64_t x = name_hash + index + 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  x ^= x >> 31;
  return static_cast<double>(x >> 11) * 0x1p-53;
}

// `count` values in [0, 1).
inline std::vector<double> uniform(std::string_view name, int64_t count) {
  const uint64_t hash = fnv1a64(name);
  std::vector<double> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); ++i) values[i] = uniform_at(hash, i);
  return values;
}

// Batch of images, BCHW in [0, 1): a coarse random field enlarged 8 times, plus a quarter of fine noise.
inline std::vector<float> image(int64_t batch, int64_t height, int64_t width) {
  const uint64_t coarse = fnv1a64("image.coarse"), fine = fnv1a64("image.fine");
  std::vector<float> values(static_cast<size_t>(batch * 3 * height * width));
  for (int64_t plane = 0; plane < batch * 3; ++plane) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const auto at = static_cast<uint64_t>((plane * height + y) * width + x);
        const auto below = static_cast<uint64_t>((plane * (height / 8) + y / 8) * (width / 8) + x / 8);
        values[at] = static_cast<float>(0.75 * uniform_at(coarse, below) + 0.25 * uniform_at(fine, at));
      }
    }
  }
  return values;
}

// Rows [image, class, cx, cy, w, h], normalised, fully inside the image.
inline std::vector<float> targets(int64_t batch, int64_t per_image, int64_t classes) {
  std::vector<float> rows;
  for (int64_t b = 0; b < batch; ++b) {
    const std::vector<double> u = uniform("targets." + std::to_string(b), per_image * 5);
    for (size_t i = 0; i < u.size(); i += 5) {
      const double w = 0.04 + 0.4 * u[i + 3] * u[i + 3], h = 0.04 + 0.4 * u[i + 4] * u[i + 4];
      const double label = std::floor(u[i] * static_cast<double>(classes));
      const double row[] = {static_cast<double>(b),     label, w / 2 + u[i + 1] * (1 - w),
                            h / 2 + u[i + 2] * (1 - h), w,     h};
      for (const double v : row) rows.push_back(static_cast<float>(v));
    }
  }
  return rows;
}

}  // namespace cairn::golden
