// Memory for one captured tree. It keeps its size between captures, so that a run that has made its first snapshots
// allocates no more.
#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/page_allocator.h"
#include "state/tree.h"

namespace cairn {

class Slot final : public TreeSink {
 public:
  // Forgets what it holds; the memory stays.
  void clear();
  // Room for one leaf, to be filled before the capture ends. Valid until the next clear(). InvalidArgument for a path
  // that is malformed; whether it is there already is found out by leaves().
  std::span<std::byte> add(TreeEntry entry) override;
  std::span<std::byte> add_as_it_lies(TreeEntry entry, std::vector<int64_t> strides) override;
  void fill_later(std::function<void()> fill) override;
  // What was to come is there, and what was added as it lay is in row-major order. [any thread, after the capture]
  void complete(int threads);
  // Everything that was added, in path order. InvalidArgument when a path was added twice.
  std::vector<TreeLeaf> leaves() const;
  bool fits(uint64_t bytes) const;  // whether the memory is so large or little larger
  // Makes it so, in one piece, and touches it. Forgets what it holds when it must change.
  void reserve(uint64_t bytes);
  uint64_t size_bytes() const { return size_; }          // of the leaves
  uint64_t used_bytes() const;                           // of the memory, by the leaves
  uint64_t capacity_bytes() const { return capacity_; }  // of the memory

 private:
  // Memory comes in pieces that never move.
  struct Piece {
    PageVector<std::byte> memory;
    size_t used = 0;
    size_t left() const { return memory.size() - used; }
  };
  void grow(size_t size);
  std::span<std::byte> room(size_t size);
  struct Unordered {
    size_t leaf = 0;
    std::span<std::byte> bytes;
    std::vector<int64_t> strides;
  };
  std::vector<Piece> pieces_;
  size_t current_ = 0;
  std::vector<TreeLeaf> leaves_;
  std::vector<Unordered> unordered_;
  std::vector<std::function<void()>> fills_;
  uint64_t size_ = 0;
  uint64_t capacity_ = 0;
};

// InvalidArgument unless the path is 1 to 1024 bytes of UTF-8 without control characters, in parts that are neither
// empty nor "." or "..".
void check_path(std::string_view path);

}  // namespace cairn
