// SHA-256 as 64 hexadecimal digits, for fingerprints of data.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <cairn/error.h>

namespace cairn {

// One thread at a time.
class CAIRN_API Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256& add(std::span<const std::byte> bytes);
  Sha256& text(std::string_view text);  // with its length, so that neighbours do not run together
  template <class T>
  requires std::is_arithmetic_v<T> Sha256& number(T value) { return add(std::as_bytes(std::span(&value, 1))); }
  std::string hex();  // ends the computation

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn
