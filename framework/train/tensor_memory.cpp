#include "train/tensor_memory.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <unordered_map>

namespace cairn {
namespace {

constexpr size_t kLarge = size_t{1} << 20;
constexpr size_t kHugePage = size_t{2} << 20;

// Eighths of a power of two, so that sizes which nearly agree share blocks.
size_t rounded(size_t size) {
  const size_t step = std::max<size_t>(std::bit_floor(size) / 8, 4096);
  return (size + step - 1) / step * step;
}

void* fresh_block(size_t size) {
  void* block = std::aligned_alloc(kHugePage, (size + kHugePage - 1) / kHugePage * kHugePage);
  if (block != nullptr) madvise(block, size / kHugePage * kHugePage, MADV_HUGEPAGE);
  return block;
}

class BlockCache final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t size) override {
    if (size < kLarge) return small().allocate(size);
    void* block = take(rounded(size));
    return {block, block, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* to, const void* from, size_t size) const override { default_copy_data(to, from, size); }

  TensorMemory memory() {
    const std::lock_guard lock(mutex_);
    return {static_cast<int64_t>(in_use_), static_cast<int64_t>(kept_), static_cast<int64_t>(peak_)};
  }

 private:
  static c10::Allocator& small() { return *c10::GetDefaultCPUAllocator(); }
  static void give_back(void* block);

  void* take(size_t size) {
    const std::lock_guard lock(mutex_);
    const auto kept = free_.lower_bound(size);
    if (kept != free_.end() && kept->first <= size + size / 4) {
      void* block = kept->second;
      size = kept->first;
      free_.erase(kept);
      kept_ -= size;
      note(block, size);
      return block;
    }
    const size_t limit = std::max(peak_, in_use_ + size) / 4 * 5;
    while (!free_.empty() && in_use_ + kept_ + size > limit) drop_largest();
    void* block = fresh_block(size);
    while (block == nullptr && !free_.empty()) {
      drop_largest();
      block = fresh_block(size);
    }
    if (block == nullptr) throw_out_of_memory(size);
    note(block, size);
    return block;
  }

  // The default allocator's own failure, with its message.
  [[noreturn]] static void throw_out_of_memory(size_t size) {
    (void)small().allocate(size);
    throw std::bad_alloc();
  }

  void note(void* block, size_t size) {
    used_.emplace(block, size);
    in_use_ += size;
    peak_ = std::max(peak_, in_use_);
  }

  void drop_largest() {
    const auto largest = std::prev(free_.end());
    kept_ -= largest->first;
    std::free(largest->second);
    free_.erase(largest);
  }

  // False when the block is not one of these.
  bool keep(void* block) {
    const std::lock_guard lock(mutex_);
    const auto used = used_.find(block);
    if (used == used_.end()) return false;
    in_use_ -= used->second;
    kept_ += used->second;
    free_.emplace(used->second, block);
    used_.erase(used);
    return true;
  }

  std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;  // all below: guarded by mutex_
  std::multimap<size_t, void*> free_;
  size_t in_use_ = 0, kept_ = 0, peak_ = 0;
};

// Never destroyed: tensors may outlive everything else.
BlockCache& cache() {
  static BlockCache* const immortal = new BlockCache;
  return *immortal;
}

void BlockCache::give_back(void* block) {
  if (block != nullptr && !cache().keep(block)) small().raw_deleter()(block);
}

}  // namespace

void reuse_tensor_memory() {
  static const bool done = [] {
    c10::SetCPUAllocator(&cache());
    // What oneDNN takes for the time of one operator comes from malloc.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
    return true;
  }();
  (void)done;
}

TensorMemory tensor_memory() {
  return cache().memory();
}

}  // namespace cairn
