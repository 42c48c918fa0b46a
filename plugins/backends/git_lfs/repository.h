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
  enum class Pushed { Yes, Overtaken };  // Overtaken: somebody else's commit is there
  Pushed push();
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
  void make();

  Settings settings_;
  FileSystem& files_;
  std::string tip_;
};

}  // namespace cairn::git_lfs
