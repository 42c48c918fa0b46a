// From the bytes of a batch to the network's input.
#pragma once
#include <ATen/core/Tensor.h>

#include "train/device.h"

namespace cairn {

// uint8 on any device -> float32 in [0, 1] on the run's device, in the run's memory format. Every value is its byte
// divided by 255 in float32.
at::Tensor to_input(const at::Tensor& images_BCHW, const Compute& compute, bool channels_last);

}  // namespace cairn
