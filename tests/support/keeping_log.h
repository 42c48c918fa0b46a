// A logger that keeps what is said.
#pragma once
#include <mutex>
#include <string>

#include <cairn/log.h>

namespace cairn::test {

// [any thread]
class KeepingLog final : public Logger {
 public:
  void write(Level, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    text_.append(line).append("\n");
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    text_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

}  // namespace cairn::test
