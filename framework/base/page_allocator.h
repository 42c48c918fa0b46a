// Memory for large arrays that comes from the system and goes back to it at once; the usual allocator would keep it.
#pragma once
#include <cstddef>
#include <vector>

namespace cairn {

// Zeros of which none is resident yet, at a page's boundary. ResourceExhausted when the system has no more.
void* take_pages(size_t bytes);
void give_pages(void* memory, size_t bytes) noexcept;

template <class T>
struct PageAllocator {
  using value_type = T;
  PageAllocator() = default;
  template <class U>
  PageAllocator(const PageAllocator<U>&) {}  // NOLINT: as std::allocator
  T* allocate(size_t count) { return static_cast<T*>(take_pages(count * sizeof(T))); }
  void deallocate(T* memory, size_t count) noexcept { give_pages(memory, count * sizeof(T)); }
  bool operator==(const PageAllocator&) const = default;
};

template <class T>
using PageVector = std::vector<T, PageAllocator<T>>;

}  // namespace cairn
