// All objects in one file: a journal of puts and removals, whose newest record of a key counts. For small stores, since
// the objects are held in memory; a real store would remember places instead. Several processes may use one file:
// a lock beside it is held during every operation, and what others have appended is read first.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <type_traits>

#include <cairn/backend.h>
#include <cairn/file.h>
#include <cairn/key.h>

namespace {

using namespace cairn;

constexpr size_t kLargestObject = size_t{60} << 20;  // a record of a journal holds 64 MiB
constexpr std::byte kPut{1}, kRemoved{2};

struct Params {
  std::string file;
};

// Held by one thread of one process at a time.
class FileLock {
 public:
  explicit FileLock(const Path& path) : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0 || flock(file_, LOCK_EX) != 0) {
      if (file_ >= 0) close(file_);
      fail(Code::Unavailable, "cannot lock ", path.string(), ": ", std::strerror(errno));
    }
  }
  ~FileLock() { close(file_); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

// One record: what happened, the key with its length, the bytes.
Bytes record_of(std::byte what, const std::string& key, std::span<const std::byte> bytes) {
  Bytes record{what, static_cast<std::byte>(key.size() & 255), static_cast<std::byte>(key.size() >> 8)};
  const auto name = std::as_bytes(std::span(key));
  record.insert(record.end(), name.begin(), name.end());
  record.insert(record.end(), bytes.begin(), bytes.end());
  return record;
}

class KeyValue final : public Backend {
 public:
  KeyValue(const Params& params, const Context& context) : path_(context.base_directory / params.file) {
    if (params.file.empty())
      fail(Code::InvalidArgument, "file: expected the file that holds the objects, found nothing");
    files_.make_folders(path_.parent_path());
  }

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    check_key(key);
    if (bytes.size() > kLargestObject)
      fail(Code::InvalidArgument, "key '", key, "': ", bytes.size(), " bytes; this store takes at most ",
           kLargestObject);
    return locked([&] {
      if (mode == PutMode::IfAbsent && objects_.contains(key)) return PutResult::Existed;
      append(record_of(kPut, key, bytes));
      return PutResult::Written;
    });
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    check_key(key);
    return locked([&]() -> std::optional<Bytes> {
      const auto found = objects_.find(key);
      if (found == objects_.end()) return std::nullopt;
      const Bytes& all = found->second.bytes;
      const size_t begin = std::min<uint64_t>(range.offset, all.size());
      const size_t count = std::min<uint64_t>(range.length.value_or(all.size()), all.size() - begin);
      return Bytes(all.begin() + static_cast<ptrdiff_t>(begin), all.begin() + static_cast<ptrdiff_t>(begin + count));
    });
  }
  Page list(const std::string& prefix, const std::string& from) override {
    return locked([&] {
      Page page;
      for (auto at = objects_.lower_bound(std::max(prefix, from)); at != objects_.end(); ++at) {
        if (!at->first.starts_with(prefix)) break;
        page.keys.push_back(at->first);
      }
      return page;
    });
  }
  std::optional<ObjectStat> stat(const std::string& key) override {
    check_key(key);
    return locked([&]() -> std::optional<ObjectStat> {
      const auto found = objects_.find(key);
      if (found == objects_.end()) return std::nullopt;
      return ObjectStat{found->second.bytes.size(), found->second.modified};
    });
  }
  void remove(const std::string& key) override {
    check_key(key);
    locked([&] {
      if (objects_.contains(key)) append(record_of(kRemoved, key, {}));
      return 0;
    });
  }
  Capabilities capabilities() const override {
    return {.conditional_put = true, .ranged_get = true, .remove = true, .leases = true};
  }
  std::string describe() const override { return "key-value file " + path_.string(); }

 private:
  struct Object {
    Bytes bytes;
    std::chrono::system_clock::time_point modified;
  };

  // With the lock held and everything read that others have written.
  template <class Action>
  std::invoke_result_t<Action> locked(const Action& action) {
    const std::lock_guard own(mutex_);
    const FileLock lock(path_.string() + ".lock");
    refresh();
    return action();
  }
  // Opening a journal cuts what a killed writer left half-written; nobody else writes while the lock is held.
  void refresh() {
    const auto info = files_.stat(path_);
    if (journal_ != nullptr && info && info->size == journal_->size_bytes()) return;
    objects_.clear();
    const auto when = info ? info->modified : std::chrono::system_clock::time_point{};
    journal_.reset();
    journal_ =
        std::make_unique<Journal>(files_, path_, [&](std::span<const std::byte> record) { replay(record, when); });
  }
  void replay(std::span<const std::byte> record, std::chrono::system_clock::time_point when) {
    if (record.size() < 3) fail(Code::DataLoss, path_.string(), ": a record of ", record.size(), " bytes");
    const size_t length = static_cast<size_t>(record[1]) + (static_cast<size_t>(record[2]) << 8);
    if (length > record.size() - 3) fail(Code::DataLoss, path_.string(), ": a key is longer than its record");
    const std::string key(reinterpret_cast<const char*>(record.data()) + 3, length);
    if (record[0] == kRemoved) {
      objects_.erase(key);
    } else {
      const auto bytes = record.subspan(3 + length);
      objects_[key] = {Bytes(bytes.begin(), bytes.end()), when};
    }
  }
  // Durable when it returns.
  void append(const Bytes& record) {
    journal_->append(record);
    journal_->sync();
    replay(record, std::chrono::system_clock::now());
  }

  FileSystem& files_ = real_files();
  Path path_;
  std::mutex mutex_;
  std::unique_ptr<Journal> journal_;       // guarded by mutex_
  std::map<std::string, Object> objects_;  // guarded by mutex_; what the journal says
};

}  // namespace

CAIRN_PLUGIN("example.key_value", "1.0.0",
             cairn::backend<KeyValue, Params>("key_value", "all objects in one file, for small stores")
                 .param("file", &Params::file, "the file"))
