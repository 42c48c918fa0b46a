// Memory that is not needed any more, for what comes: new memory costs as much as what is done in it.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

namespace cairn {

// [any thread]
class SpareMemory {
 public:
  struct Piece {
    std::unique_ptr<std::byte[]> bytes;
    size_t capacity = 0;
  };
  Piece take(size_t size);  // at least so large; not cleared
  void give_back(Piece piece);

 private:
  std::mutex mutex_;
  std::multimap<size_t, std::unique_ptr<std::byte[]>> pieces_;  // by capacity; guarded by mutex_
  size_t kept_ = 0;                                             // bytes of pieces_; guarded by mutex_
};

}  // namespace cairn
