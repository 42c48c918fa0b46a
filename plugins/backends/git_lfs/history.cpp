#include "git_lfs/history.h"

#include <algorithm>
#include <string_view>

#include <cairn/error.h>

namespace cairn::git_lfs {

namespace {

constexpr size_t kNameDigits = 40;

class Tokens {
 public:
  explicit Tokens(std::string_view text) : left_(text) {}
  bool done() const { return left_.empty(); }
  std::string_view peek() const { return left_.substr(0, left_.find('\0')); }
  std::string_view next() {
    const std::string_view token = peek();
    if (token.size() == left_.size()) fail(Code::DataLoss, "git log: the answer ends too early");
    left_.remove_prefix(token.size() + 1);
    return token;
  }

 private:
  std::string_view left_;
};

// ":100644 000000 <old> <new> D", then the path.
PastChange parse_change(std::string_view line, std::string_view path) {
  constexpr size_t kNewMode = 8, kNewBlob = 15 + kNameDigits + 1, kStatus = kNewBlob + kNameDigits + 1;
  if (line.size() != kStatus + 1 || path.empty()) fail(Code::DataLoss, "git log: '", line, "' is no change");
  PastChange change;
  change.path = path;
  if (line[kStatus] == 'D') return change;
  change.mode = line.substr(kNewMode, 6);
  change.blob = line.substr(kNewBlob, kNameDigits);
  return change;
}

// As git fast-import reads it: in quotes where it would be misread.
std::string quoted(const std::string& path) {
  if (!path.starts_with('"') && path.find('\n') == std::string::npos) return path;
  std::string out = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return out + '"';
}

}  // namespace

std::vector<std::string> log_arguments(const std::string& commit, const std::string& folder) {
  std::vector<std::string> arguments{"-c",
                                     "log.showSignature=false",
                                     "log",
                                     commit,
                                     "--reverse",
                                     "--first-parent",
                                     "--diff-merges=first-parent",
                                     "--raw",
                                     "--no-abbrev",
                                     "--no-renames",
                                     "-z",
                                     "--date=raw",
                                     "--encoding=UTF-8",
                                     "--format=tformat:%H%x00%an <%ae> %ad%x00%cn <%ce> %cd%x00%B",
                                     "--"};
  if (!folder.empty()) arguments.push_back(folder);
  return arguments;
}

std::vector<PastCommit> parse_log(const std::string& text) {
  std::vector<PastCommit> commits;
  for (Tokens tokens(text); !tokens.done();) {
    PastCommit commit;
    commit.name = tokens.next();
    if (commit.name.size() != kNameDigits) fail(Code::DataLoss, "git log: '", commit.name, "' is no commit");
    commit.author = tokens.next();
    commit.committer = tokens.next();
    commit.message = tokens.next();
    while (!tokens.done()) {
      std::string_view line = tokens.peek();
      if (line.starts_with('\n')) line.remove_prefix(1);
      if (!line.starts_with(':')) break;
      tokens.next();
      commit.changes.push_back(parse_change(line, tokens.next()));
    }
    commits.push_back(std::move(commit));
  }
  return commits;
}

std::string past_of(const std::vector<PastCommit>& commits, const std::set<std::string>& kept,
                    const std::string& branch) {
  std::string stream;
  for (const PastCommit& commit : commits) {
    std::string files;
    for (const PastChange& change : commit.changes) {
      if (!kept.contains(change.path)) continue;
      files += change.blob.empty() ? cat("D ", quoted(change.path), "\n")
                                   : cat("M ", change.mode, " ", change.blob, " ", quoted(change.path), "\n");
    }
    if (files.empty()) continue;
    stream += cat("commit refs/heads/", branch, "\nmark :1\nauthor ", commit.author, "\ncommitter ", commit.committer,
                  "\ndata ", commit.message.size(), "\n", commit.message, "\n", files, "\n");
  }
  return stream;
}

}  // namespace cairn::git_lfs
