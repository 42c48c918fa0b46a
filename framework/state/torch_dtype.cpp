#include "state/torch_dtype.h"

namespace cairn {

namespace {

constexpr std::pair<DType, at::ScalarType> kTypes[] = {
    {DType::Float32, at::kFloat},     {DType::Float64, at::kDouble}, {DType::Float16, at::kHalf},
    {DType::BFloat16, at::kBFloat16}, {DType::Int8, at::kChar},      {DType::UInt8, at::kByte},
    {DType::Int16, at::kShort},       {DType::Int32, at::kInt},      {DType::Int64, at::kLong},
    {DType::Bool, at::kBool},
};

}  // namespace

std::optional<DType> dtype_of(at::ScalarType type) {
  for (const auto& [dtype, scalar] : kTypes) {
    if (scalar == type) return dtype;
  }
  return std::nullopt;
}

std::optional<at::ScalarType> scalar_type(DType dtype) {
  for (const auto& [known, scalar] : kTypes) {
    if (known == dtype) return scalar;
  }
  return std::nullopt;
}

}  // namespace cairn
