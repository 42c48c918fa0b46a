// Keys as files below a folder.
#include <algorithm>
#include <mutex>
#include <set>

#include <cairn/backend.h>
#include <cairn/file.h>

#include <cairn/key.h>

namespace {

using namespace cairn;

constexpr size_t kPageSize = 4096;
constexpr uint64_t kLargestObject = 1ull << 32;

struct Params {
  std::string path;
};

class Local final : public Backend {
 public:
  Local(const Params& params, const Context& context)
      : files_(context.files != nullptr ? *context.files : real_files()), root_(params.path) {
    if (params.path.empty())
      fail(Code::InvalidArgument, "backend 'local' needs a path: the folder that holds the store");
    if (root_.is_relative()) root_ = context.base_directory / root_;
    root_ = root_.lexically_normal();
    if (!root_.has_filename()) root_ = root_.parent_path();
    if (const auto info = files_.stat(root_); info && !info->folder) check_is_folder();
  }

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    sweep_once(key.substr(0, key.find('/')));
    const Existing existing = mode == PutMode::IfAbsent ? Existing::Keep : Existing::Replace;
    return write_durably(files_, path_of(key), bytes, existing) ? PutResult::Written : PutResult::Existed;
  }

  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    const Path path = path_of(key);
    const auto info = files_.stat(path);
    if (!info || info->folder) return std::nullopt;
    std::unique_ptr<File> file;
    try {
      file = files_.open(path, Open::Read);
    } catch (const Error& error) {
      if (error.code() == Code::NotFound) return std::nullopt;  // removed meanwhile
      throw;
    }
    const uint64_t size = file->size();
    if (size > kLargestObject)
      fail(Code::DataLoss, path.string(), " has ", size, " bytes, more than any object of a store");
    if (range.offset >= size) return Bytes{};
    Bytes bytes(std::min(range.length.value_or(size), size - range.offset));
    bytes.resize(file->read(range.offset, bytes));
    return bytes;
  }

  Page list(const std::string& prefix, const std::string& from) override {
    Page page;
    const size_t slash = prefix.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
    const bool possible = folder.empty() || is_key(folder.substr(0, folder.size() - 1));
    if (!possible || (!folder.empty() && !files_.stat(root_ / folder))) return page;  // perhaps a file stands there
    walk(folder, prefix, from, page);
    if (page.keys.size() > kPageSize) {
      page.next = page.keys.back();
      page.keys.pop_back();
    }
    return page;
  }

  std::optional<ObjectStat> stat(const std::string& key) override {
    const auto info = files_.stat(path_of(key));
    if (!info || info->folder) return std::nullopt;
    return ObjectStat{info->size, info->modified};
  }

  void remove(const std::string& key) override {
    const Path path = path_of(key);
    if (!files_.stat(path)) return;
    files_.remove(path);
    files_.sync_folder(path.parent_path());
  }

  Capabilities capabilities() const override {
    return {.conditional_put = true, .ranged_get = true, .remove = true, .leases = true, .batch_commit = false};
  }
  std::string describe() const override { return cat("local folder ", root_.string()); }

 private:
  // What killed writers have left, before this one writes below a folder for the first time.
  void sweep_once(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    if (!swept_.insert(folder).second) return;
    try {
      if (files_.stat(root_ / folder)) remove_stale_temporaries(files_, root_ / folder);
    } catch (const Error&) {  // they are hidden, and the next process tries again
    }
  }

  Path path_of(const std::string& key) const {
    check_key(key);
    return root_ / key;
  }

  // A link to a folder may stand where the folder is expected.
  void check_is_folder() {
    try {
      files_.list(root_);
    } catch (const Error&) {
      fail(Code::FailedPrecondition, "backend 'local': ", root_.string(),
           " is a file; expected a folder, or nothing yet");
    }
  }

  // Appends keys in rising byte order until the page has one more than it may hold. A folder sorts as its name and '/'.
  void walk(const std::string& folder, const std::string& prefix, const std::string& from, Page& page) {
    std::vector<std::string> names;
    for (const std::string& name : files_.list(root_ / folder)) {
      if (name.starts_with(kTemporaryPrefix)) continue;
      const auto info = files_.stat(root_ / folder / name);
      if (info) names.push_back(info->folder ? name + "/" : name);
    }
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (page.keys.size() > kPageSize) return;
      const std::string key = folder + name;
      if (name.back() != '/') {
        if (key.starts_with(prefix) && key >= from) page.keys.push_back(key);
      } else if (may_hold(key, prefix, from)) {
        walk(key, prefix, from, page);
      }
    }
  }

  static bool may_hold(const std::string& folder, const std::string& prefix, const std::string& from) {
    const size_t common = std::min(folder.size(), prefix.size());
    if (folder.compare(0, common, prefix, 0, common) != 0) return false;
    return folder >= from || from.starts_with(folder);
  }

  FileSystem& files_;
  Path root_;
  std::mutex mutex_;             // guards the next
  std::set<std::string> swept_;  // folders directly below the root
};

}  // namespace

CAIRN_PLUGIN("cairn.local", "1.0.0",
             cairn::backend<Local, Params>("local", "a folder on this machine or on a mounted file system")
                 .param("path", &Params::path, "the folder; relative paths start at the pipeline file"))
