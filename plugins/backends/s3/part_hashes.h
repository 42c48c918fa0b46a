// The hashes of an object's parts, computed by threads that are a few parts ahead of whoever asks.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <mutex>
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
  // What is called, on any thread, whenever one more is known. Empty: nothing any more, from the return on.
  void when_known(std::function<void()> call);

 private:
  void begin(size_t part);
  void compute(size_t part);

  const std::vector<std::span<const std::byte>> parts_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<std::string> hashes_;  // empty: not known yet
  std::exception_ptr failure_;
  std::function<void()> call_;
  std::vector<std::future<void>> work_;  // of the asking thread; by part
};

}  // namespace cairn::s3
