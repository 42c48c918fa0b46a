// A folder with one file per key.
#include <algorithm>
#include <cairn/backend.h>
#include <cairn/file.h>
#include <cairn/key.h>

using namespace cairn;
struct Params {
  std::string path;
};
class @Name@ final : public Backend {
 public:
  @Name@(const Params& params, const Context& context) : root_(context.base_directory / params.path) {}
  // write_durably() makes a put happen wholly or not at all, and makes IfAbsent safe among all writers.
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    const Existing existing = mode == PutMode::Replace ? Existing::Replace : Existing::Keep;
    return write_durably(files_, file_of(key), bytes, existing) ? PutResult::Written : PutResult::Existed;
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    if (!stat(key)) return std::nullopt;
    const auto file = files_.open(file_of(key), Open::Read);
    const uint64_t offset = std::min(range.offset, file->size()), rest = file->size() - offset;
    Bytes bytes(std::min(range.length.value_or(rest), rest));
    bytes.resize(file->read(offset, bytes));
    return bytes;
  }
  Page list(const std::string& prefix, const std::string& from) override {
    std::vector<std::string> keys;
    if (std::error_code error; std::filesystem::exists(root_, error))
      for (const auto& entry : std::filesystem::recursive_directory_iterator(root_))
        if (const std::string key = std::filesystem::relative(entry.path(), root_).string();
            entry.is_regular_file() && !entry.path().filename().string().starts_with(kTemporaryPrefix) &&
            key.starts_with(prefix) && key >= from)
          keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return {keys, std::nullopt};
  }
  std::optional<ObjectStat> stat(const std::string& key) override {
    const auto info = files_.stat(file_of(key));
    return info && !info->folder ? std::optional(ObjectStat{info->size, info->modified}) : std::nullopt;
  }
  void remove(const std::string& key) override { files_.remove(file_of(key)); }
  Capabilities capabilities() const override { return {.conditional_put = true, .ranged_get = true, .leases = true}; }
  std::string describe() const override { return "folder " + root_.string(); }
 private:
  Path file_of(const std::string& key) const { return check_key(key), root_ / key; }
  FileSystem& files_ = real_files();
  Path root_;
};
CAIRN_PLUGIN("example.@name@", "1.0.0", backend<@Name@, Params>("@name@", "one file per key").param("path", &Params::path, "folder"))
