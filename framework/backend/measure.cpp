#include "backend/measure.h"

#include <chrono>

namespace cairn {

// One operation; a failure unless it is told otherwise.
class Measured::Count {
 public:
  explicit Count(Measured& of) : of_(of) {}
  ~Count() {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    const std::lock_guard lock(of_.mutex_);
    Traffic& traffic = of_.traffic_;
    ++traffic.operations;
    traffic.failures += done_ ? 0 : 1;
    traffic.put_bytes += put_;
    traffic.got_bytes += got_;
    traffic.seconds += took.count();
  }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;
  void done(uint64_t put = 0, uint64_t got = 0) {
    done_ = true;
    put_ = put;
    got_ = got;
  }

 private:
  Measured& of_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool done_ = false;
  uint64_t put_ = 0, got_ = 0;
};

Traffic Measured::traffic() const {
  const std::lock_guard lock(mutex_);
  return traffic_;
}

PutResult Measured::put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
  Count count(*this);
  const PutResult result = inner_.put(key, bytes, mode);
  count.done(result == PutResult::Written ? bytes.size() : 0);
  return result;
}

std::optional<Bytes> Measured::get(const std::string& key, const ByteRange& range) {
  Count count(*this);
  auto bytes = inner_.get(key, range);
  count.done(0, bytes ? bytes->size() : 0);
  return bytes;
}

Page Measured::list(const std::string& prefix, const std::string& from) {
  Count count(*this);
  Page page = inner_.list(prefix, from);
  count.done();
  return page;
}

std::optional<ObjectStat> Measured::stat(const std::string& key) {
  Count count(*this);
  const auto stat = inner_.stat(key);
  count.done();
  return stat;
}

void Measured::remove(const std::string& key) {
  Count count(*this);
  inner_.remove(key);
  count.done();
}

void Measured::commit(std::span<const std::string> keys) {
  Count count(*this);
  inner_.commit(keys);
  count.done();
}

}  // namespace cairn
