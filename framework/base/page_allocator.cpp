#include "base/page_allocator.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include <cairn/error.h>

namespace cairn {

void* take_pages(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail(Code::ResourceExhausted, "no memory for ", bytes, " bytes: ", std::strerror(errno));
  madvise(memory, bytes, MADV_HUGEPAGE);  // a hint; pages that are touched in a row come faster
  return memory;
}

void give_pages(void* memory, size_t bytes) noexcept {
  munmap(memory, bytes);
}

}  // namespace cairn
