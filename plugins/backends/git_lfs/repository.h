// A bare Git repository with LFS objects, worked on through the programs git and git-lfs: no working tree, no index, no
// filters, no hooks, no shell.
#pragma once
#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cairn/backend.h>
#include <cairn/file.h>

namespace cairn::git_lfs {

// A file of a commit's tree.
struct TreeFile {
  std::string blob;   // its object's name
  uint64_t size = 0;  // of the blob; of a pointer, not of what it points to
  bool operator==(const TreeFile&) const = default;
};
using Tree = std::map<std::string, TreeFile>;

struct Pointer {
  std::string oid;  // SHA-256 in 64 hex digits
  uint64_t size = 0;
};
std::string pointer_text(const Pointer& pointer);
Pointer parse_pointer(const std::string& text, const std::string& what);  // DataLoss

// What a commit changes: the new content of a file, or that it goes.
using Changes = std::map<std::string, std::optional<Bytes>>;

// Commits, by the names of the tags that stand at them.
using Tags = std::map<std::string, std::string>;

// [one thread at a time] Errors: FailedPrecondition when git or git-lfs is missing; PermissionDenied and Unavailable as
// the remote's side says.
class Repository {
 public:
  struct Settings {
    Path folder;
    std::string remote, branch;
    const std::atomic<bool>* stop = nullptr;
  };
  Repository(Settings settings, FileSystem& files);

  void fetch();                                    // the remote's branch becomes the tip
  const std::string& tip() const { return tip_; }  // a commit; empty when there is none
  Tree tree();                                     // of the tip
  std::string read(const TreeFile& file);          // a blob's content

  // A commit on the tip with these changes; it becomes the local branch, and the tip.
  void commit(const Changes& changes, const std::string& message);
  // The tip becomes a commit with the same files, in whose past there are no others.
  void rewrite();
  // Where the tags stand that are to be there: each at the newest commit that added one of its files. `files`: names of
  // tags, by path.
  Tags tags_at(const std::map<std::string, std::string>& files);

  // Overtaken: something else stands there. Forbidden: the remote takes no rewritten past, or no tags. In both cases
  // nothing was changed, where the remote changes several references in one step.
  enum class Pushed { Yes, Overtaken, Forbidden };
  // The branch, and with `tags` those of this branch, which are made, moved and removed in the same step where the
  // remote can. `over`: of a rewritten past, the commit that it replaces.
  Pushed push(const std::optional<Tags>& tags, const std::string& over = "");
  void tidy();  // packs what is loose, and drops what no reference needs for an hour, when there is much of it
  void go_back(const std::string& commit) { tip_ = commit; }

  Path object(const std::string& oid) const;  // where an LFS object lies
  void push_objects(const std::vector<std::string>& oids);
  void fetch_object(const std::string& path);  // that a file of the tip points to

 private:
  struct Result {
    int status = 0;
    std::string output, errors;
  };
  Result git(std::vector<std::string> arguments, const std::string& input = "");
  std::string must(const std::string& doing, std::vector<std::string> arguments, const std::string& input = "");
  [[noreturn]] void refuse(const std::string& doing, const Result& result);
  std::vector<std::string> moves_of(const Tags& tags) const;  // from those on the remote, as `git push` takes them
  enum class PushKind { Commit, More };                       // more: a rewritten past, or tags
  Pushed meaning_of(const Result& failed, PushKind kind);     // any other failure is thrown
  void make();
  std::string tag(const std::string& name) const;  // the reference

  Settings settings_;
  FileSystem& files_;
  std::string tip_;
  Tags tags_;           // of this branch, on the remote
  bool atomic_ = true;  // the remote changes several references in one step
};

}  // namespace cairn::git_lfs
