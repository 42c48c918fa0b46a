// Keys as files of a branch; packs as Git LFS objects, whose name is the pack's own.
//
// 1. `put` keeps a change in memory; a pack goes into the local LFS objects at once.
// 2. `commit` sends the LFS objects. Packs alone change nothing that a reader sees, so there it ends.
// 3. Anything else makes one commit with all changes and pushes it. When somebody else was faster, his commit is
// fetched
//    and the changes are made on it, unless both wrote the same file: then this writer is fenced off.
// Leases and lists of collections are of this machine only: who may write is decided by the push.
#include <algorithm>
#include <mutex>
#include <set>

#include <cairn/backend.h>
#include <openssl/evp.h>

#include <cairn/key.h>
#include "git_lfs/repository.h"

namespace {

using namespace cairn;
using namespace cairn::git_lfs;

constexpr size_t kPageSize = 4096;
constexpr uint64_t kLargestObject = 1ull << 32;
constexpr int kMostAttempts = 10;

struct Params {
  std::string remote, folder;
  std::string branch = "main";
};

std::string sha256_hex(std::span<const std::byte> bytes) {
  unsigned char digest[32];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1)
    fail(Code::Internal, "OpenSSL computes no SHA-256");
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : digest) out += {kHex[byte >> 4], kHex[byte & 15]};
  return out;
}

Bytes bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(begin, begin + text.size());
}

bool is_large(const std::string& key) {
  return key.starts_with("packs/");
}
bool is_of_this_machine(const std::string& key) {
  return key.starts_with("leases/") || key.starts_with("gc/");
}

Bytes cut(const Bytes& whole, const ByteRange& range) {
  const uint64_t begin = std::min<uint64_t>(range.offset, whole.size());
  const uint64_t length = std::min<uint64_t>(range.length.value_or(whole.size()), whole.size() - begin);
  return Bytes(whole.begin() + static_cast<std::ptrdiff_t>(begin),
               whole.begin() + static_cast<std::ptrdiff_t>(begin + length));
}

std::string message_for(const Changes& changes) {
  std::string subject;
  for (const auto& [key, bytes] : changes) {
    if (!bytes || !key.starts_with("snapshots/")) continue;
    const size_t slash = key.rfind('/');
    subject = cat(key.substr(10, slash - 10), ": snapshot ", key.substr(slash + 1, key.rfind('.') - slash - 1));
  }
  return subject.empty() ? cat("cairn: ", changes.size(), " files") : subject;
}

class GitLfs final : public Backend {
 public:
  GitLfs(const Params& params, const Context& context)
      : files_(context.files != nullptr ? *context.files : real_files()),
        folder_(folder_of(params, context)),
        remote_(params.remote),
        branch_(params.branch),
        repository_({folder_, params.remote, params.branch, context.stop}, files_) {}

  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    check_key(key);
    const std::lock_guard lock(mutex_);
    if (is_of_this_machine(key)) {
      const Existing existing = mode == PutMode::IfAbsent ? Existing::Keep : Existing::Replace;
      return write_durably(files_, own(key), bytes, existing) ? PutResult::Written : PutResult::Existed;
    }
    load();
    if (mode == PutMode::IfAbsent && exists(key)) return PutResult::Existed;
    if (!is_large(key)) {
      changes_[key] = Bytes(bytes.begin(), bytes.end());
      return PutResult::Written;
    }
    const std::string oid = sha256_hex(bytes);
    write_durably(files_, repository_.object(oid), bytes);
    objects_.insert(oid);
    changes_[key] = bytes_of(pointer_text({oid, bytes.size()}));
    return PutResult::Written;
  }

  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    check_key(key);
    const std::lock_guard lock(mutex_);
    if (is_of_this_machine(key)) {
      if (!files_.stat(own(key))) return std::nullopt;
      return cut(read_whole(files_, own(key), kLargestObject), range);
    }
    load();
    const auto text = content(key);
    if (!text) return std::nullopt;
    return is_large(key) ? read_object(key, parse_pointer(*text, key), range) : cut(bytes_of(*text), range);
  }

  Page list(const std::string& prefix, const std::string& from) override {
    const std::lock_guard lock(mutex_);
    load();
    std::set<std::string> keys;
    for (const auto& [key, file] : tree_) keys.insert(key);
    for (const auto& [key, bytes] : changes_) bytes ? void(keys.insert(key)) : void(keys.erase(key));
    list_own(keys);
    Page page;
    for (auto it = keys.lower_bound(std::max(prefix, from)); it != keys.end() && it->starts_with(prefix); ++it) {
      if (!is_key(*it)) continue;
      if (page.keys.size() == kPageSize) {
        page.next = *it;
        break;
      }
      page.keys.push_back(*it);
    }
    return page;
  }

  std::optional<ObjectStat> stat(const std::string& key) override {
    check_key(key);
    const std::lock_guard lock(mutex_);
    if (is_of_this_machine(key)) {
      const auto info = files_.stat(own(key));
      return info && !info->folder ? std::optional(ObjectStat{info->size, info->modified}) : std::nullopt;
    }
    load();
    const auto text = content(key);
    if (!text) return std::nullopt;
    return ObjectStat{is_large(key) ? parse_pointer(*text, key).size : text->size(), {}};
  }

  void remove(const std::string& key) override {
    check_key(key);
    const std::lock_guard lock(mutex_);
    if (is_of_this_machine(key)) return files_.remove(own(key));
    load();
    if (exists(key)) changes_[key] = std::nullopt;
    if (!tree_.contains(key)) changes_.erase(key);
  }

  void commit(std::span<const std::string> keys) override {
    const std::lock_guard lock(mutex_);
    send_objects();
    const bool only_packs = std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return is_of_this_machine(key) || (is_large(key) && changes_.contains(key) && changes_[key]);
    });
    if (only_packs || changes_.empty()) return;
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      const std::string before = repository_.tip();
      repository_.commit(changes_, message_for(changes_));
      const auto pushed = push(before);
      if (pushed == Repository::Pushed::Yes) {
        tree_ = repository_.tree();
        changes_.clear();
        return;
      }
      follow();
    }
    fail(Code::Unavailable, describe(), ": others push all the time; ", kMostAttempts, " attempts failed");
  }

  Capabilities capabilities() const override {
    return {.conditional_put = false, .ranged_get = true, .remove = true, .leases = false, .batch_commit = true};
  }
  std::string describe() const override { return cat("Git LFS store ", remote_, " branch ", branch_); }

 private:
  static Path folder_of(const Params& params, const Context& context) {
    if (params.remote.empty())
      fail(Code::InvalidArgument, "backend 'git_lfs' needs a remote: a Git repository's address");
    if (params.folder.empty()) fail(Code::InvalidArgument, "backend 'git_lfs' needs a folder for its bare repository");
    const bool good = !params.branch.empty() && !params.branch.starts_with('-') && !params.branch.starts_with('/') &&
                      params.branch.find("..") == std::string::npos && is_key(params.branch);
    if (!good || params.remote.starts_with('-')) {
      fail(Code::InvalidArgument, "backend 'git_lfs': '", good ? params.remote : params.branch, "' is no name for Git");
    }
    const Path folder = params.folder;
    return (folder.is_relative() ? context.base_directory / folder : folder).lexically_normal();
  }

  Path own(const std::string& key) const { return folder_ / "cairn" / key; }

  void list_own(std::set<std::string>& keys, const std::string& folder = "") const {
    for (const std::string& name : files_.list(folder_ / "cairn" / folder)) {
      const auto info = files_.stat(folder_ / "cairn" / folder / name);
      if (info && info->folder) list_own(keys, folder + name + "/");
      if (info && !info->folder && !name.starts_with(kTemporaryPrefix)) keys.insert(folder + name);
    }
  }

  void load() {
    if (loaded_) return;
    repository_.fetch();
    tree_ = repository_.tree();
    loaded_ = true;
  }

  bool exists(const std::string& key) const {
    const auto change = changes_.find(key);
    return change != changes_.end() ? change->second.has_value() : tree_.contains(key);
  }

  std::optional<std::string> content(const std::string& key) {
    if (const auto change = changes_.find(key); change != changes_.end()) {
      if (!change->second) return std::nullopt;
      return std::string(reinterpret_cast<const char*>(change->second->data()), change->second->size());
    }
    const auto file = tree_.find(key);
    if (file == tree_.end()) return std::nullopt;
    return repository_.read(file->second);
  }

  Bytes read_object(const std::string& key, const Pointer& pointer, const ByteRange& range) {
    const Path path = repository_.object(pointer.oid);
    if (!files_.stat(path)) repository_.fetch_object(key);
    const auto info = files_.stat(path);
    if (!info || info->size != pointer.size) {
      fail(Code::DataLoss, key, ": its LFS object ", pointer.oid, info ? " has another size" : " is not on the remote");
    }
    const auto file = files_.open(path, Open::Read);
    const uint64_t begin = std::min(range.offset, pointer.size);
    Bytes bytes(std::min(range.length.value_or(pointer.size), pointer.size - begin));
    bytes.resize(file->read(begin, bytes));
    return bytes;
  }

  // A remote in a folder of this machine gets hard links, which are no second copy: each is made a file of its own.
  void send_objects() {
    if (objects_.empty()) return;
    repository_.push_objects({objects_.begin(), objects_.end()});
    for (const std::string& oid : objects_) {
      const Path path = repository_.object(oid);
      if (std::filesystem::hard_link_count(path) > 1) {
        write_durably(files_, path, read_whole(files_, path, kLargestObject));
      }
    }
    objects_.clear();
  }

  Repository::Pushed push(const std::string& before) {
    try {
      const auto pushed = repository_.push();
      if (pushed == Repository::Pushed::Overtaken) repository_.go_back(before);
      return pushed;
    } catch (const Error&) {
      repository_.go_back(before);
      throw;
    }
  }

  // Somebody else has pushed. What both wrote belongs to him.
  void follow() {
    const Tree before = std::move(tree_);
    repository_.fetch();
    tree_ = repository_.tree();
    for (const auto& [key, bytes] : changes_) {
      const Tree::const_iterator was = before.find(key), is = tree_.find(key);
      const bool same =
          (was == before.end()) == (is == tree_.end()) && (is == tree_.end() || was->second == is->second);
      if (same || (is != tree_.end() && bytes && bytes_of(repository_.read(is->second)) == *bytes)) continue;
      const std::string lost = key;
      changes_.clear();
      fail(Code::FailedPrecondition, describe(), ": ", lost, " was written by somebody else at the same time; a store ",
           "on Git LFS has one writer. Stop the other one");
    }
  }

  FileSystem& files_;
  Path folder_;
  std::string remote_, branch_;
  std::mutex mutex_;  // guards what follows
  Repository repository_;
  bool loaded_ = false;
  Tree tree_;                      // of the tip
  Changes changes_;                // on top of it
  std::set<std::string> objects_;  // that the remote may not have
};

}  // namespace

CAIRN_PLUGIN("cairn.git_lfs", "1.0.0",
             cairn::backend<GitLfs, Params>("git_lfs", "a branch of a Git repository; packs are Git LFS objects")
                 .param("remote", &Params::remote, "the repository's address, as git takes it")
                 .param("branch", &Params::branch, "a branch for this store alone")
                 .param("folder", &Params::folder, "for the bare repository of this machine, with its LFS objects"))
