// A state tree without tensors: what the layers below LibTorch see of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

// Numbers stand in packs and are never reused.
enum class DType : uint8_t {
  Float32 = 1,
  Float64 = 2,
  Float16 = 3,
  BFloat16 = 4,
  Int8 = 5,
  UInt8 = 6,
  Int16 = 7,
  Int32 = 8,
  Int64 = 9,
  Bool = 10,
  // Scalars of the tree, apart from tensors of rank 0.
  Integer = 32,  // int64
  Real = 33,     // float64, by its bits
  Text = 34,     // UTF-8 or any bytes
};

inline constexpr std::pair<DType, std::string_view> kDTypeNames[] = {
    {DType::Float32, "float32"},   {DType::Float64, "float64"}, {DType::Float16, "float16"},
    {DType::BFloat16, "bfloat16"}, {DType::Int8, "int8"},       {DType::UInt8, "uint8"},
    {DType::Int16, "int16"},       {DType::Int32, "int32"},     {DType::Int64, "int64"},
    {DType::Bool, "bool"},         {DType::Integer, "integer"}, {DType::Real, "real"},
    {DType::Text, "text"},
};

constexpr std::string_view name_of(DType dtype) {
  for (const auto& [value, name] : kDTypeNames) {
    if (value == dtype) return name;
  }
  return "unknown";
}

constexpr std::optional<DType> dtype_of(std::string_view name) {
  for (const auto& [value, known] : kDTypeNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

constexpr std::optional<DType> dtype_of(uint8_t number) {
  for (const auto& [value, name] : kDTypeNames) {
    if (static_cast<uint8_t>(value) == number) return value;
  }
  return std::nullopt;
}

constexpr uint32_t size_of(DType dtype) {
  switch (dtype) {
    case DType::Float64:
    case DType::Int64:
    case DType::Integer:
    case DType::Real:
      return 8;
    case DType::Float32:
    case DType::Int32:
      return 4;
    case DType::Float16:
    case DType::BFloat16:
    case DType::Int16:
      return 2;
    default:
      return 1;
  }
}

constexpr bool is_scalar(DType dtype) {
  return dtype >= DType::Integer;
}

// One leaf. The path begins with "state/" or "record/". [value]
struct TreeEntry {
  std::string path;
  DType dtype = DType::UInt8;
  std::vector<int64_t> shape;  // of a tensor; a text has one dimension, its bytes; other scalars have none
  uint64_t size_bytes = 0;
};

// A leaf with its bytes: contiguous, in row-major order, little-endian. Borrowed.
struct TreeLeaf {
  TreeEntry entry;
  std::span<const std::byte> bytes;
};

// Takes leaves; the bytes are filled in after the call.
class TreeSink {
 public:
  virtual ~TreeSink() = default;
  // Room for exactly entry.size_bytes. InvalidArgument for a malformed path.
  virtual std::span<std::byte> add(TreeEntry entry) = 0;
  // The same, for a dense tensor's bytes as they lie in memory: strides[i] elements from one index of dimension i to
  // the next. The sink brings them into row-major order later.
  virtual std::span<std::byte> add_as_it_lies(TreeEntry entry, std::vector<int64_t> strides) = 0;
  // Some of the bytes come when this is called: once, on any thread, before the sink reads them.
  virtual void fill_later(std::function<void()> fill) = 0;
};

inline constexpr std::string_view kStatePart = "state/";
inline constexpr std::string_view kRecordPart = "record/";

}  // namespace cairn
