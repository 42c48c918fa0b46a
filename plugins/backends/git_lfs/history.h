// A branch's past as it would be had the files that are gone never been there. Text in, text out: what git log tells,
// and what git fast-import takes.
#pragma once
#include <set>
#include <string>
#include <vector>

namespace cairn::git_lfs {

struct PastChange {
  std::string mode, blob;  // empty: the file goes
  std::string path;
};

struct PastCommit {
  std::string name;               // of the commit
  std::string author, committer;  // "cairn <cairn@localhost> 1700000000 +0000"
  std::string message;
  std::vector<PastChange> changes;  // against the commit before it
};

// Arguments of git for the past of a commit, the oldest first; of one folder alone when it is named.
std::vector<std::string> log_arguments(const std::string& commit, const std::string& folder = "");
// DataLoss when git's answer does not read as one.
std::vector<PastCommit> parse_log(const std::string& text);

// The same commits, in the form of git fast-import, with the changes of `kept` files only; those without any are left
// out. Commits before the first difference keep their names; mark :1 is the last one.
std::string past_of(const std::vector<PastCommit>& commits, const std::set<std::string>& kept,
                    const std::string& branch);

}  // namespace cairn::git_lfs
