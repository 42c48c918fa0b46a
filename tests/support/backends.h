// Backends for tests: the real plugin on a folder, and one in memory that can be asked to misbehave.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <cairn/backend.h>
#include <cairn/file.h>

#include "backend/forwarding.h"

namespace cairn {
class Registry;
}

namespace cairn::test {

Registry& plugins();  // of this build

// The `local` plugin, through its library.
std::unique_ptr<Backend> local_backend(const std::filesystem::path& folder, FileSystem* files = nullptr);

// [any thread] Objects in a map.
class MemoryBackend final : public Backend {
 public:
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override;
  Page list(const std::string& prefix, const std::string& from) override;
  std::optional<ObjectStat> stat(const std::string& key) override;
  void remove(const std::string& key) override;
  Capabilities capabilities() const override { return declared; }
  std::string describe() const override { return "memory"; }

  std::map<std::string, Bytes> copy();  // everything that is there
  void set(const std::string& key, Bytes bytes);
  Capabilities declared{
      .conditional_put = true, .ranged_get = true, .remove = true, .leases = true, .batch_commit = false};
  size_t page_size = 1000;

 private:
  std::mutex mutex_;
  std::map<std::string, Bytes> objects_;  // guarded by mutex_
};

using cairn::ForwardingBackend;

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace cairn::test
