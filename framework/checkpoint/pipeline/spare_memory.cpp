#include "checkpoint/pipeline/spare_memory.h"

namespace cairn {

namespace {

constexpr size_t kMost = 16u << 20;

}  // namespace

SpareMemory::Piece SpareMemory::take(size_t size) {
  const std::lock_guard lock(mutex_);
  const auto it = pieces_.lower_bound(size);
  if (it == pieces_.end() || it->first > size + size / 2)
    return {std::make_unique_for_overwrite<std::byte[]>(size), size};
  Piece piece{std::move(it->second), it->first};
  pieces_.erase(it);
  kept_ -= piece.capacity;
  return piece;
}

void SpareMemory::give_back(Piece piece) {
  const std::lock_guard lock(mutex_);
  if (kept_ + piece.capacity > kMost) return;
  kept_ += piece.capacity;
  pieces_.emplace(piece.capacity, std::move(piece.bytes));
}

}  // namespace cairn
