// A file system in memory that can fail at any operation and whose power can be cut. What was written but not synced,
// and names that changed since their folder was synced, may or may not be there afterwards.
#pragma once
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <cairn/error.h>
#include <cairn/file.h>
#include <cairn/random.h>

namespace cairn::test {

class MemoryFiles final : public FileSystem {
 public:
  struct Content {
    Bytes bytes;    // as a reader sees it
    Bytes durable;  // as of the last sync
  };
  using ContentPtr = std::shared_ptr<Content>;  // co-owned by names and open files

  enum class Fault { None, Error, Full, ShortWrite };

  // The n-th changing operation from now on fails, counted from 1; 0: none.
  void fail_at(int64_t n, Fault fault) {
    const std::lock_guard lock(mutex_);
    left_ = n;
    fault_ = fault;
  }
  int64_t operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  bool fired() const {
    const std::lock_guard lock(mutex_);
    return left_ == 0 && fault_ != Fault::None;
  }
  // Called after each changing operation, for power cuts at that boundary.
  std::function<void()> after;

  // What a machine finds after the power was cut now. Of each file either its synced bytes, or with `keep` some 4 KiB
  // parts of what came later; of each name changed since its folder was synced either the old or the new.
  std::unique_ptr<MemoryFiles> power_cut(uint64_t seed, double keep) const {
    const std::lock_guard lock(mutex_);
    Rng rng({seed});
    auto out = std::make_unique<MemoryFiles>();
    out->folders_ = folders_;
    std::set<std::string> names;
    for (const auto& [name, content] : names_) names.insert(name);
    for (const auto& [name, content] : durable_names_) names.insert(name);
    std::map<const Content*, ContentPtr> survived;
    for (const std::string& name : names) {
      const auto now = names_.find(name), then = durable_names_.find(name);
      ContentPtr content = then == durable_names_.end() ? nullptr : then->second;
      const ContentPtr newer = now == names_.end() ? nullptr : now->second;
      if (newer != content && rng.uniform() < keep) content = newer;
      if (content == nullptr) continue;
      ContentPtr& copy = survived[content.get()];
      if (copy == nullptr) copy = torn(*content, rng, keep);
      out->names_[name] = out->durable_names_[name] = copy;
    }
    return out;
  }

  std::unique_ptr<File> open(const Path& path, Open mode) override;
  std::optional<FileInfo> stat(const Path& path) override {
    const std::lock_guard lock(mutex_);
    const std::string name = plain(path);
    if (const auto it = names_.find(name); it != names_.end()) return FileInfo{it->second->bytes.size(), false, {}};
    if (name == "/" || folders_.contains(name)) return FileInfo{0, true, {}};
    return std::nullopt;
  }
  std::vector<std::string> list(const Path& folder) override {
    const std::lock_guard lock(mutex_);
    std::set<std::string> found;
    const std::string prefix = plain(folder) + "/";
    const auto add = [&](const std::string& name) {
      if (!name.starts_with(prefix) || name.size() == prefix.size()) return;
      found.insert(name.substr(prefix.size(), name.find('/', prefix.size()) - prefix.size()));
    };
    for (const auto& [name, content] : names_) add(name);
    for (const std::string& name : folders_) add(name);
    return {found.begin(), found.end()};
  }
  void make_folders(const Path& folder) override {
    change("make", folder, [&] {
      for (Path at = folder; !at.empty() && at != at.root_path(); at = at.parent_path()) folders_.insert(plain(at));
    });
  }
  void rename(const Path& from, const Path& to) override {
    change("rename", from, [&] { move(from, to); });
  }
  bool rename_if_absent(const Path& from, const Path& to) override {
    bool done = false;
    change("rename", from, [&] {
      if (names_.contains(plain(to))) return;
      move(from, to);
      done = true;
    });
    return done;
  }
  void remove(const Path& path) override {
    change("remove", path, [&] {
      names_.erase(plain(path));
      folders_.erase(plain(path));
    });
  }
  void set_read_only(const Path& path) override {
    change("protect", path, [] {});
  }
  void sync_folder(const Path& folder) override {
    change("sync", folder, [&] {
      const std::string prefix = plain(folder) + "/";
      const auto inside = [&](const std::string& name) {
        return name.starts_with(prefix) && name.find('/', prefix.size()) == std::string::npos;
      };
      std::erase_if(durable_names_, [&](const auto& entry) { return inside(entry.first); });
      for (const auto& [name, content] : names_) {
        if (inside(name)) durable_names_[name] = content;
      }
    });
  }

  // One changing operation, which may be the one that fails. A short write appends half before.
  template <class Action>
  void change(const char* what, const Path& path, const Action& action) {
    {
      const std::lock_guard lock(mutex_);
      count(what, path);
      action();
    }
    if (after) after();
  }
  template <class Action, class Half>
  void change(const char* what, const Path& path, const Action& action, const Half& half) {
    {
      const std::lock_guard lock(mutex_);
      if (left_ == 1 && fault_ == Fault::ShortWrite) half();
      count(what, path);
      action();
    }
    if (after) after();
  }
  std::mutex& mutex() { return mutex_; }

 private:
  // Without a slash at the end.
  static std::string plain(const Path& path) {
    std::string name = path.lexically_normal().string();
    while (name.size() > 1 && name.back() == '/') name.pop_back();
    return name;
  }
  void count(const char* what, const Path& path) {
    ++operations_;
    if (left_ == 0 || --left_ > 0) return;
    if (fault_ == Fault::None) return;
    fail(fault_ == Fault::Error ? Code::Unavailable : Code::ResourceExhausted, "cannot ", what, " ", path.string(),
         fault_ == Fault::Error ? ": injected error" : ": injected full disk");
  }
  void move(const Path& from, const Path& to) {
    const auto it = names_.find(plain(from));
    if (it == names_.end()) fail(Code::NotFound, "no file ", plain(from));
    names_[plain(to)] = it->second;
    names_.erase(plain(from));
  }
  static ContentPtr torn(const Content& content, Rng& rng, double keep) {
    auto out = std::make_shared<Content>();
    out->bytes = content.durable;
    if (rng.uniform() < keep) {
      constexpr size_t kPage = 4096;
      const size_t size = rng.uniform() < 0.5 ? content.bytes.size() : content.durable.size();
      out->bytes.resize(size);
      for (size_t at = 0; at < size; at += kPage) {
        const size_t end = std::min({at + kPage, size, content.bytes.size()});
        if (at < end && rng.uniform() < 0.5)
          std::copy(content.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    content.bytes.begin() + static_cast<std::ptrdiff_t>(end),
                    out->bytes.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    out->durable = out->bytes;
    return out;
  }

  mutable std::mutex mutex_;  // guards what follows, and every Content
  std::map<std::string, ContentPtr> names_, durable_names_;
  std::set<std::string> folders_;
  int64_t operations_ = 0, left_ = 0;
  Fault fault_ = Fault::None;
};

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryFiles& files, Path path, MemoryFiles::ContentPtr content)
      : files_(files), path_(std::move(path)), content_(std::move(content)) {}
  void append(std::span<const std::byte> bytes) override {
    const auto add = [&](size_t size) {
      content_->bytes.insert(content_->bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    };
    files_.change(
        "write", path_, [&] { add(bytes.size()); }, [&] { add(bytes.size() / 2); });
  }
  size_t read(uint64_t offset, std::span<std::byte> into) override {
    const std::lock_guard lock(files_.mutex());
    if (offset >= content_->bytes.size()) return 0;
    const size_t size = std::min<size_t>(into.size(), content_->bytes.size() - offset);
    std::copy_n(content_->bytes.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
    return size;
  }
  uint64_t size() override {
    const std::lock_guard lock(files_.mutex());
    return content_->bytes.size();
  }
  void preallocate(uint64_t) override {
    files_.change("preallocate", path_, [] {});
  }
  void truncate(uint64_t size) override {
    files_.change("truncate", path_, [&] { content_->bytes.resize(size); });
  }
  void sync() override {
    files_.change("sync", path_, [&] { content_->durable = content_->bytes; });
  }

 private:
  MemoryFiles& files_;
  Path path_;
  MemoryFiles::ContentPtr content_;
};

inline std::unique_ptr<File> MemoryFiles::open(const Path& path, Open mode) {
  ContentPtr content;
  const std::string name = plain(path);
  const auto find = [&] {
    const auto it = names_.find(name);
    return it == names_.end() ? nullptr : it->second;
  };
  if (mode == Open::Read) {
    const std::lock_guard lock(mutex_);
    content = find();
    if (content == nullptr) fail(Code::NotFound, "no file ", name);
  } else {
    if (path.parent_path() != path.root_path() && !stat(path.parent_path()))
      fail(Code::NotFound, "no folder for ", name);
    change("open", path, [&] {
      content = find();
      if (content != nullptr && mode == Open::CreateNew) fail(Code::AlreadyExists, "there is a file ", name);
      if (content == nullptr) content = names_[name] = std::make_shared<Content>();
    });
  }
  return std::make_unique<MemoryFile>(*this, path, std::move(content));
}

}  // namespace cairn::test
