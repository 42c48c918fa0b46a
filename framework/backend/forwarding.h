// What stands before another backend and differs from it in one thing.
#pragma once
#include <cairn/backend.h>

namespace cairn {

// Passes everything on. [as the inner one] Borrows it.
class ForwardingBackend : public Backend {
 public:
  explicit ForwardingBackend(Backend& inner) : inner_(inner) {}
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    return inner_.put(key, bytes, mode);
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override { return inner_.get(key, range); }
  Page list(const std::string& prefix, const std::string& from) override { return inner_.list(prefix, from); }
  std::optional<ObjectStat> stat(const std::string& key) override { return inner_.stat(key); }
  void remove(const std::string& key) override { inner_.remove(key); }
  void commit(std::span<const std::string> keys) override { inner_.commit(keys); }
  Capabilities capabilities() const override { return inner_.capabilities(); }
  std::string describe() const override { return inner_.describe(); }
  void* extension(std::string_view id) override { return inner_.extension(id); }

 protected:
  Backend& inner_;
};

}  // namespace cairn
