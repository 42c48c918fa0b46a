// A backend of which what was read, or put, is kept in a folder near by.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>

#include <cairn/file.h>
#include <cairn/log.h>

#include "backend/forwarding.h"

namespace cairn {

// [any thread] Borrows all. Keeps ranges of objects whose key says what is in them, which no other object ever has;
// whole objects, and all other keys, are passed on. What is no longer in the backend is not there: it is asked. Several
// processes may share the folder. What is damaged there is read anew; a folder that cannot be written is said once and
// used no more. Beyond `most_bytes` what was used longest ago goes first.
class Cached final : public ForwardingBackend {
 public:
  struct Options {
    Path folder;
    uint64_t most_bytes = 0;
    std::string prefix;  // of the keys that are kept
    FileSystem* files = &real_files();
    Logger* log = &null_logger();
  };
  Cached(Backend& backend, Options options) : ForwardingBackend(backend), options_(std::move(options)) {}

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override;
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override;

 private:
  std::optional<Bytes> kept(const std::string& key, uint64_t piece);
  std::optional<Bytes> fetch(const std::string& key, uint64_t first, uint64_t last);
  void keep(const std::string& key, uint64_t first, std::span<const std::byte> bytes);
  void write(const std::string& key, uint64_t piece, std::span<const std::byte> bytes);
  void make_room(uint64_t bytes);
  Path file_of(const std::string& key, uint64_t piece) const;

  Options options_;
  std::mutex mutex_;  // guards what follows
  bool off_ = false;
  std::optional<uint64_t> used_;  // bytes in the folder, as far as this process knows
};

}  // namespace cairn
