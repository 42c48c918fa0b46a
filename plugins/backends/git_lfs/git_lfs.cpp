// Keys as files of a branch; packs as Git LFS objects, whose name is the pack's own.
//
// 1. `put` keeps a change in memory; a pack goes into the local LFS objects at once.
// 2. `commit` sends the LFS objects. Packs alone change nothing that a reader sees, so there it ends.
// 3. Anything else makes one commit with all changes. Where packs go, the branch's past is written anew without what is
//    gone, so that no commit holds the LFS objects any more.
// 4. One push moves the branch, and with it the tags of tagged snapshots, in one step. A past that was written anew
//    replaces the commit that it was made from and no other; whatever ends before the push has changed nothing.
// 5. When somebody else was faster, his commit is fetched and the changes are made on it, unless both wrote the same
//    file: then this writer is fenced off.
// A remote that takes no rewritten past, or no tags, gets the commit without, which is said.
// Leases and lists of collections are of this machine only: who may write is decided by the push.
#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include <cairn/backend.h>
#include <cairn/key.h>
#include <cairn/sha256.h>

#include "git_lfs/names.h"

namespace {

using namespace cairn;
using namespace cairn::git_lfs;

constexpr size_t kPageSize = 4096;
constexpr uint64_t kLargestObject = 1ull << 32;
constexpr int kMostAttempts = 10;
constexpr int kTidyEvery = 16;  // rewritten pasts

struct Params {
  std::string remote, folder;
  std::string branch = "main";
  bool rewrite = true;
};

Bytes bytes_of(const std::string& text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(begin, begin + text.size());
}

Bytes cut(const Bytes& whole, const ByteRange& range) {
  const uint64_t begin = std::min<uint64_t>(range.offset, whole.size());
  const uint64_t length = std::min<uint64_t>(range.length.value_or(whole.size()), whole.size() - begin);
  return Bytes(whole.begin() + static_cast<std::ptrdiff_t>(begin),
               whole.begin() + static_cast<std::ptrdiff_t>(begin + length));
}

class GitLfs final : public Backend {
 public:
  GitLfs(const Params& params, const Context& context)
      : files_(context.files != nullptr ? *context.files : real_files()),
        folder_(folder_of(params, context)),
        remote_(params.remote),
        branch_(params.branch),
        log_(*context.log),
        rewrites_(params.rewrite),
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
    sweep_once();
    const std::string oid = Sha256().add(bytes).hex();
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
    std::set<std::string> keys = shared_keys();
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
    if (only_packs) return;
    Way way = whole_way();
    for (int attempt = 0; attempt < kMostAttempts && !changes_.empty(); ++attempt) {
      const std::string before = repository_.tip();
      const auto pushed = push(way);
      if (pushed == Repository::Pushed::Yes) return arrived(way);
      if (pushed == Repository::Pushed::Overtaken) follow();
      way = repository_.tip() == before ? less_than(way) : whole_way();
    }
    if (changes_.empty()) return;
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

  // All but those of this machine.
  std::set<std::string> shared_keys() const {
    std::set<std::string> keys;
    for (const auto& [key, file] : tree_) keys.insert(key);
    for (const auto& [key, bytes] : changes_) bytes ? void(keys.insert(key)) : void(keys.erase(key));
    return keys;
  }

  // What killed writers have left.
  void sweep_once() {
    if (std::exchange(swept_, true)) return;
    try {
      remove_stale_temporaries(files_, folder_ / "lfs" / "objects");
    } catch (const Error& error) {
      log_.warn(folder_.string(), " keeps what a killed process has left: ", error.message());
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

  // What a push does beside adding a commit.
  struct Way {
    bool rewrite = false, tags = false;
  };

  Way whole_way() const {
    Way way;
    way.tags = tags_ && !tags_known_;
    for (const auto& [key, bytes] : changes_) {
      way.rewrite = way.rewrite || (rewrites_ && is_large(key) && !bytes);
      way.tags = way.tags || (tags_ && is_mark(key));
    }
    way.tags = way.tags || (tags_ && way.rewrite);
    return way;
  }

  // The remote has refused, and it may be either.
  Way less_than(const Way& way) const {
    if (way.tags) return {way.rewrite, false};
    return {false, way.rewrite && tags_};
  }

  Repository::Pushed push(const Way& way) {
    const std::string before = repository_.tip();
    try {
      repository_.commit(changes_, message_for(changes_));
      if (way.rewrite) repository_.rewrite();
      std::optional<Tags> tags;
      if (way.tags) tags = repository_.tags_at(tag_names(shared_keys()));
      const auto pushed = repository_.push(tags, way.rewrite ? before : "");
      if (pushed != Repository::Pushed::Yes) repository_.go_back(before);
      return pushed;
    } catch (const Error&) {
      repository_.go_back(before);
      throw;
    }
  }

  void arrived(const Way& way) {
    const Way whole = whole_way();
    if (whole.tags && !way.tags) {
      tags_ = false;
      log_.warn(describe(), ": the remote refuses tags; tagged snapshots get none for the rest of this process");
    }
    if (whole.rewrite && !way.rewrite) {
      rewrites_ = false;
      log_.warn(describe(), ": the remote refuses a rewritten history, so the space of forgotten snapshots is not ",
                "freed there. Allow forced pushes to the branch, or set rewrite = false");
    }
    tags_known_ = true;
    const Tree before = std::exchange(tree_, repository_.tree());
    for (const auto& [key, bytes] : changes_) {
      const auto was = before.find(key);
      if (!bytes && is_large(key) && was != before.end())
        drop_object(parse_pointer(repository_.read(was->second), key));
    }
    changes_.clear();
    if (way.rewrite && ++rewritten_ % kTidyEvery == 0) tidy();
  }

  // What was pushed stands, whatever becomes of this.
  void tidy() {
    try {
      repository_.tidy();
    } catch (const Error& error) {
      log_.warn(folder_.string(), " grows: ", error.what());
    }
  }

  void drop_object(const Pointer& pointer) {
    files_.remove(repository_.object(pointer.oid));
    objects_.erase(pointer.oid);
  }

  // Somebody else has pushed, or it was this writer and the answer was lost. What both wrote belongs to him.
  void follow() {
    repository_.fetch();
    const Tree before = std::exchange(tree_, repository_.tree());
    std::erase_if(changes_, [&](const auto& change) {
      const auto is = tree_.find(change.first);
      if (is == tree_.end() || !change.second) return is == tree_.end() && !change.second;
      return bytes_of(repository_.read(is->second)) == *change.second;
    });
    for (const auto& [key, bytes] : changes_) {
      const Tree::const_iterator was = before.find(key), is = tree_.find(key);
      const bool same =
          (was == before.end()) == (is == tree_.end()) && (is == tree_.end() || was->second == is->second);
      if (same) continue;
      const std::string lost = key;
      changes_.clear();
      fail(Code::AlreadyExists, describe(), ": ", lost, " was written by somebody else at the same time; a store ",
           "on Git LFS has one writer. Stop the other one");
    }
  }

  FileSystem& files_;
  Path folder_;
  std::string remote_, branch_;
  Logger& log_;
  std::mutex mutex_;  // guards what follows
  bool rewrites_;     // the past, when packs go
  bool tags_ = true;
  int rewritten_ = 0;
  Repository repository_;
  bool loaded_ = false, swept_ = false;
  bool tags_known_ = false;        // this process has set them right
  Tree tree_;                      // of the tip
  Changes changes_;                // on top of it
  std::set<std::string> objects_;  // that the remote may not have
};

}  // namespace

CAIRN_PLUGIN("cairn.git_lfs", "1.0.0",
             cairn::backend<GitLfs, Params>("git_lfs", "a branch of a Git repository; packs are Git LFS objects")
                 .param("remote", &Params::remote, "the repository's address, as git takes it")
                 .param("branch", &Params::branch, "a branch for this store alone")
                 .param("folder", &Params::folder, "for the bare repository of this machine, with its LFS objects")
                 .param("rewrite", &Params::rewrite,
                        "when snapshots are freed, the branch is pushed anew without them; else the host keeps them"))
