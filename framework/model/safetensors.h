// Tensors in a file, in the safetensors format (version 1 of huggingface/safetensors): an unsigned 64-bit little-endian
// length, that many bytes of JSON {name: {dtype, shape, data_offsets}, "__metadata__": {text: text}}, then the data.
#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <cairn/file.h>

namespace cairn {

struct TensorFile {
  std::vector<std::pair<std::string, at::Tensor>> tensors;  // in the order of their data
  std::map<std::string, std::string> metadata;
};

inline constexpr uint64_t kMaxTensorFileHeader = uint64_t{16} << 20;
inline constexpr uint64_t kMaxTensorFile = uint64_t{64} << 30;
inline constexpr size_t kMaxTensorFileEntries = 1'000'000;

// The same tensors and metadata give the same bytes. Names must be unique; any device; made contiguous.
Bytes encode_tensors(const TensorFile& file);
// DataLoss, naming `source` and the entry, for anything that is not exactly such a file: lengths beyond the bytes,
// overlaps, gaps, unknown types, shapes that do not fit, duplicate names. Nothing is allocated before it was checked.
// Tensors own their memory.
TensorFile decode_tensors(std::span<const std::byte> bytes, const std::string& source);

void write_tensors(FileSystem& files, const std::filesystem::path& path, const TensorFile& file);  // durably
TensorFile read_tensors(FileSystem& files, const std::filesystem::path& path);

}  // namespace cairn
