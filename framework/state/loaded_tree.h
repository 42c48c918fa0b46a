// A state tree in memory after it was read, and its two parts as StateReaders.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/state.h>

#include "state/tree.h"

namespace cairn {

// Memory for each entry: a CPU tensor of its own, or a scalar's bytes.
class LoadedTree {
 public:
  LoadedTree();
  ~LoadedTree();
  LoadedTree(LoadedTree&&) noexcept;
  // To be filled by the caller. Valid as long as the tree.
  std::span<std::byte> add(const TreeEntry& entry);

  struct Leaf;
  const Leaf* find(std::string_view path) const;                  // null when absent
  std::vector<std::string> names(std::string_view prefix) const;  // paths that begin with prefix, without it, sorted

 private:
  std::map<std::string, std::unique_ptr<Leaf>, std::less<>> leaves_;
};

// The part below a prefix ("state/"). Both parts of a snapshot share the tree.
class LoadedReader final : public StateReader {
 public:
  LoadedReader(std::shared_ptr<const LoadedTree> tree, std::string_view part);
  bool has(std::string_view path) const override;
  at::Tensor tensor(std::string_view path) const override;
  int64_t integer(std::string_view path) const override;
  double real(std::string_view path) const override;
  std::string text(std::string_view path) const override;
  std::vector<std::string> names(std::string_view prefix) const override;

 private:
  const LoadedTree::Leaf& leaf(std::string_view path, DType wanted) const;
  std::shared_ptr<const LoadedTree> tree_;
  std::string part_;
};

}  // namespace cairn
