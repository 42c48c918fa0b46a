// A process that does one thing with a store, tells what it has done, and can be killed at any of its operations.
#pragma once
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "support/backends.h"

namespace cairn::test {

// What the process tells its parent. [any thread]
class Told {
 public:
  explicit Told(int to) : to_(to) {}
  void operation() { say("."); }
  void promise(int64_t iteration) { say(" " + std::to_string(iteration) + "\n"); }  // is in the store from now on
  void trouble(const std::string& text) { say("!" + text); }

 private:
  void say(const std::string& text);
  int to_;
};

// Tells of every operation before it begins.
class TellingBackend final : public ForwardingBackend {
 public:
  TellingBackend(Backend& inner, Told& told) : ForwardingBackend(inner), told_(told) {}
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    told_.operation();
    return inner_.put(key, bytes, mode);
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    told_.operation();
    return inner_.get(key, range);
  }
  Page list(const std::string& prefix, const std::string& from) override {
    told_.operation();
    return inner_.list(prefix, from);
  }
  void remove(const std::string& key) override {
    told_.operation();
    inner_.remove(key);
  }
  void commit(std::span<const std::string> keys) override {
    told_.operation();
    inner_.commit(keys);
  }

 private:
  Told& told_;
};

struct Life {
  size_t operations = 0;
  int64_t promised = 0;  // the highest; 0: none
  std::string trouble;
  bool killed = false;
};

// Runs `act` in a process of its own. With `operations` it is killed some microseconds after that operation has begun,
// and so are the processes that it has started when `with_children`.
struct Death {
  size_t operations = 0;
  int64_t microseconds = 0;
  bool with_children = false;
};
Life live(const std::function<void(Told&)>& act, const Death* death);

}  // namespace cairn::test
