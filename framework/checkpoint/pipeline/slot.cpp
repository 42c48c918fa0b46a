#include "checkpoint/pipeline/slot.h"

#include <algorithm>
#include <cstring>

#include <cairn/error.h>

#include "base/parallel.h"
#include "base/row_major.h"

namespace cairn {

namespace {

constexpr size_t kLeastPiece = 1u << 20;
constexpr size_t kAlignment = 64;
constexpr size_t kLongestPath = 1024;

}  // namespace

void check_path(std::string_view path) {
  const auto refuse = [&](const char* why) { fail(Code::InvalidArgument, "path '", path, "' in the state: ", why); };
  if (path.empty() || path.size() > kLongestPath) refuse("expected 1 to 1024 bytes");
  for (const char c : path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\')
      refuse("control characters and \\ are not allowed");
  }
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") refuse("its parts must not be empty, '.' or '..'");
    begin = end + 1;
  }
}

void Slot::clear() {
  for (Piece& piece : pieces_) piece.used = 0;
  current_ = 0;
  leaves_.clear();
  unordered_.clear();
  fills_.clear();
  size_ = 0;
}

void Slot::grow(size_t size) {
  const size_t wanted = std::max({size, kLeastPiece, static_cast<size_t>(capacity_ / 4)});
  pieces_.push_back({PageVector<std::byte>(wanted), 0});
  std::memset(pieces_.back().memory.data(), 0, wanted);  // touched now, not while a later capture waits
  capacity_ += wanted;
}

uint64_t Slot::used_bytes() const {
  uint64_t used = 0;
  for (const Piece& piece : pieces_) used += piece.used;
  return used;
}

bool Slot::fits(uint64_t bytes) const {
  return bytes <= capacity_ && capacity_ <= bytes + bytes / 16;
}

void Slot::reserve(uint64_t bytes) {
  if (fits(bytes)) return;
  clear();
  pieces_.clear();
  capacity_ = 0;
  grow(bytes);
}

std::span<std::byte> Slot::room(size_t size) {
  const size_t aligned = (size + kAlignment - 1) / kAlignment * kAlignment;
  while (current_ < pieces_.size() && pieces_[current_].left() < aligned) ++current_;
  if (current_ == pieces_.size()) grow(aligned);
  Piece& piece = pieces_[current_];
  const std::span<std::byte> out = std::span(piece.memory).subspan(piece.used, size);
  piece.used += aligned;
  return out;
}

std::span<std::byte> Slot::add(TreeEntry entry) {
  check_path(entry.path);
  const auto bytes = room(entry.size_bytes);
  size_ += entry.size_bytes;
  leaves_.push_back({std::move(entry), bytes});
  return bytes;
}

std::span<std::byte> Slot::add_as_it_lies(TreeEntry entry, std::vector<int64_t> strides) {
  const auto bytes = add(std::move(entry));
  unordered_.push_back({leaves_.size() - 1, bytes, std::move(strides)});
  return bytes;
}

void Slot::fill_later(std::function<void()> fill) {
  fills_.push_back(std::move(fill));
}

void Slot::complete(int threads) {
  for (const std::function<void()>& fill : fills_) fill();
  fills_.clear();
  const auto sharers = static_cast<size_t>(std::max(threads, 1));
  parallel_for(sharers, threads, [&](size_t first) {
    std::vector<std::byte> lain;
    for (size_t i = first; i < unordered_.size(); i += sharers) {
      const Unordered& each = unordered_[i];
      const TreeEntry& entry = leaves_[each.leaf].entry;
      lain.assign(each.bytes.begin(), each.bytes.end());
      to_row_major(lain, each.bytes, entry.shape, each.strides, size_of(entry.dtype));
    }
  });
  unordered_.clear();
}

std::vector<TreeLeaf> Slot::leaves() const {
  std::vector<const TreeLeaf*> order;
  order.reserve(leaves_.size());
  for (const TreeLeaf& leaf : leaves_) order.push_back(&leaf);
  std::sort(order.begin(), order.end(),
            [](const TreeLeaf* a, const TreeLeaf* b) { return a->entry.path < b->entry.path; });
  std::vector<TreeLeaf> sorted;
  sorted.reserve(order.size());
  for (const TreeLeaf* leaf : order) {
    if (!sorted.empty() && sorted.back().entry.path == leaf->entry.path) {
      fail(Code::InvalidArgument, "path '", leaf->entry.path, "' is written twice into the state");
    }
    sorted.push_back(*leaf);
  }
  return sorted;
}

}  // namespace cairn
