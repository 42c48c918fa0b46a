// The hashes of an object's parts, computed by threads that are a few parts ahead of whoever asks.
#pragma once
#include <cstddef>
#include <future>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cairn::s3 {

// [one thread] Borrows the bytes; waits in its destructor for what is being computed.
class PartHashes {
 public:
  explicit PartHashes(std::vector<std::span<const std::byte>> parts);
  // The hash of a part, 64 digits, if it is known by now. Asking begins it, and with it the next ones.
  std::optional<std::string> ask(size_t part);
  std::string wait_for(size_t part);

 private:
  std::shared_future<std::string> begin(size_t part);

  std::vector<std::span<const std::byte>> parts_;
  std::vector<std::shared_future<std::string>> hashes_;
};

}  // namespace cairn::s3
