// A backend whose n-th operation fails: before it happens, or after, when only its answer is lost.
#pragma once
#include <mutex>
#include <type_traits>

#include <cairn/error.h>

#include "backend/forwarding.h"

namespace cairn::test {

// [any thread] Borrows the backend.
class FaultyBackend final : public ForwardingBackend {
 public:
  enum class Loses { Call, Answer };
  using ForwardingBackend::ForwardingBackend;

  // From now on the n-th operation fails, from 1 on, and those after it up to `times` in all; 0: none.
  void fail_at(int64_t n, Loses loses = Loses::Call, int64_t times = 1, Code code = Code::Unavailable) {
    const std::lock_guard lock(mutex_);
    count_ = 0;
    first_ = n;
    times_ = times;
    loses_ = loses;
    code_ = code;
  }
  int64_t operations() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    return step([&] { return inner_.put(key, bytes, mode); });
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    return step([&] { return inner_.get(key, range); });
  }
  Page list(const std::string& prefix, const std::string& from) override {
    return step([&] { return inner_.list(prefix, from); });
  }
  std::optional<ObjectStat> stat(const std::string& key) override {
    return step([&] { return inner_.stat(key); });
  }
  void remove(const std::string& key) override {
    step([&] { inner_.remove(key); });
  }
  void commit(std::span<const std::string> keys) override {
    step([&] { inner_.commit(keys); });
  }

 private:
  template <class Call>
  std::invoke_result_t<Call> step(const Call& call) {
    const bool fails = next_fails();
    if (fails && loses_ == Loses::Call) fail(code_, "no answer (injected)");
    if constexpr (std::is_void_v<std::invoke_result_t<Call>>) {
      call();
      if (fails) fail(code_, "the answer was lost (injected)");
    } else {
      auto result = call();
      if (fails) fail(code_, "the answer was lost (injected)");
      return result;
    }
  }
  bool next_fails() {
    const std::lock_guard lock(mutex_);
    ++count_;
    return first_ > 0 && count_ >= first_ && count_ < first_ + times_;
  }

  mutable std::mutex mutex_;  // guards what follows
  int64_t count_ = 0, first_ = 0, times_ = 0;
  Loses loses_ = Loses::Call;
  Code code_ = Code::Unavailable;
};

}  // namespace cairn::test
