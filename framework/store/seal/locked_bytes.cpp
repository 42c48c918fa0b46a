#include "store/seal/locked_bytes.h"

#include <sodium.h>

#include <cstring>
#include <utility>

#include <cairn/process.h>

namespace cairn {

namespace {

bool prepare() {
  if (sodium_init() < 0) fail(Code::Internal, "libsodium finds no random numbers on this machine");
  no_core_dumps();
  return true;
}

void need_sodium() {
  static const bool prepared = prepare();
  (void)prepared;
}

std::byte* allocate(size_t size) {
  need_sodium();
  void* memory = sodium_malloc(size == 0 ? 1 : size);
  if (memory == nullptr) fail(Code::ResourceExhausted, "no locked memory for a key of ", size, " bytes");
  std::memset(memory, 0, size);
  return static_cast<std::byte*>(memory);
}

}  // namespace

LockedBytes::LockedBytes(size_t size) : bytes_(allocate(size)), size_(size) {}

LockedBytes LockedBytes::random(size_t size) {
  LockedBytes secret(size);
  randombytes_buf(secret.bytes_, size);
  return secret;
}

LockedBytes LockedBytes::copy_of(std::span<const std::byte> bytes) {
  LockedBytes secret(bytes.size());
  std::memcpy(secret.bytes_, bytes.data(), bytes.size());
  return secret;
}

LockedBytes::LockedBytes(LockedBytes&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

LockedBytes& LockedBytes::operator=(LockedBytes&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

LockedBytes::~LockedBytes() {
  sodium_free(bytes_);
}

void wipe(std::span<std::byte> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

void fill_random(std::span<std::byte> bytes) {
  need_sodium();
  randombytes_buf(bytes.data(), bytes.size());
}

}  // namespace cairn
