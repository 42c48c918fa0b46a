// JPEG by libjpeg-turbo, with its warnings taken seriously: a file that ends early is an error, not a half-grey
// picture.
#pragma once
#include <cstddef>
#include <span>

#include <opencv2/core.hpp>

namespace cairn::detail {

// Fills `image` (8-bit BGR, of the stored size). Damage is DataLoss.
void decode_jpeg(std::span<const std::byte> encoded, cv::Mat& image);

}  // namespace cairn::detail
