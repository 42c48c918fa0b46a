// Memory for large arrays that comes from the system and goes back to it at once; the usual allocator would keep it.
#pragma once
#include <cstddef>
#include <new>
#include <utility>
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
  // What grows keeps the bytes that are there, without a pass over them.
  template <class U>
  void construct(U*) noexcept {}
  template <class U, class First, class... Rest>
  void construct(U* at, First&& first, Rest&&... rest) {
    ::new (static_cast<void*>(at)) U(std::forward<First>(first), std::forward<Rest>(rest)...);
  }
  bool operator==(const PageAllocator&) const = default;
};

template <class T>
using PageVector = std::vector<T, PageAllocator<T>>;

}  // namespace cairn
