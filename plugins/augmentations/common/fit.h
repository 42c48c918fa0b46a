// Bringing a partner to the size of the picture that it is combined with.
#pragma once
#include <cairn/sample.h>

#include "common/letterbox.h"

namespace cairn::augment {

// The partner as it is when the sizes agree, which is so behind random_perspective and letterbox; else letterboxed.
inline Sample fitted(const Sample& partner, cv::Size size) {
  Sample copy = partner;
  if (copy.image.size() != size) letterbox(copy, size, {});
  return copy;
}

}  // namespace cairn::augment
