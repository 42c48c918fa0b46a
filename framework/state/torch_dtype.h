// Types of tensors and of the tree.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>

#include "state/tree.h"

namespace cairn {

std::optional<DType> dtype_of(at::ScalarType type);      // empty: a type that the tree does not hold
std::optional<at::ScalarType> scalar_type(DType dtype);  // empty: a scalar of the tree

}  // namespace cairn
