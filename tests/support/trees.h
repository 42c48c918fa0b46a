// State trees without tensors, for tests of the layers below LibTorch.
#pragma once
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <cairn/random.h>

#include "checkpoint/pipeline/slot.h"
#include "state/tree.h"

namespace cairn::test {

using Floats = std::vector<float>;

inline Floats normal(size_t count, uint64_t seed) {
  Rng rng({seed});
  Floats values(count);
  for (float& value : values) value = static_cast<float>(0.05 * rng.normal());
  return values;
}

inline void add(TreeSink& sink, const std::string& path, const Floats& values) {
  const auto bytes = std::as_bytes(std::span(values));
  const auto into = sink.add({path, DType::Float32, {static_cast<int64_t>(values.size())}, bytes.size()});
  std::memcpy(into.data(), bytes.data(), bytes.size());
}

inline void add_text(TreeSink& sink, const std::string& path, const std::string& text) {
  const auto into = sink.add({path, DType::Text, {static_cast<int64_t>(text.size())}, text.size()});
  std::memcpy(into.data(), text.data(), text.size());
}

// Path -> type, shape and bytes, for comparing.
using Contents = std::map<std::string, std::string>;
inline std::string describe(const TreeEntry& entry) {
  std::string text(name_of(entry.dtype));
  for (const int64_t dimension : entry.shape) text += "," + std::to_string(dimension);
  return text + ":";
}
inline Contents contents(const std::vector<TreeLeaf>& leaves) {
  Contents out;
  for (const TreeLeaf& leaf : leaves) {
    out[leaf.entry.path] =
        describe(leaf.entry) + std::string(reinterpret_cast<const char*>(leaf.bytes.data()), leaf.bytes.size());
  }
  return out;
}

}  // namespace cairn::test
