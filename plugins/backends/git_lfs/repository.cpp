#include "git_lfs/repository.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

#include <cairn/error.h>

#include <cairn/process.h>
#include "git_lfs/history.h"
#include "git_lfs/locks.h"

namespace cairn::git_lfs {

namespace {

constexpr size_t kLargestPointer = 1024;
constexpr int kMostLocks = 8;  // that one command may find in its way
constexpr const char* kAttributes = "packs/** filter=lfs diff=lfs merge=lfs -text\n";

// "https://user:word@host" without what stands before the '@'.
std::string without_passwords(std::string text) {
  for (size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const size_t end = text.find_first_of("/ \n", at + 3);
    const size_t sign = text.find('@', at + 3);
    if (sign != std::string::npos && sign < end) text.erase(at + 3, sign - at - 2);
  }
  return text;
}

bool holds_any(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(), [&](const char* w) { return text.find(w) != std::string::npos; });
}

uint64_t number(const std::string& text, const std::string& what) {
  uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size())
    fail(Code::DataLoss, what, ": '", text, "' is no size");
  return value;
}

// In the form of git fast-import.
void append_file(std::string& stream, const std::string& path, const std::optional<Bytes>& bytes) {
  if (!bytes) {
    stream += "D " + path + "\n";
    return;
  }
  stream += cat("M 100644 inline ", path, "\ndata ", bytes->size(), "\n");
  stream.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  stream += "\n";
}

}  // namespace

std::string pointer_text(const Pointer& pointer) {
  return cat("version https://git-lfs.github.com/spec/v1\noid sha256:", pointer.oid, "\nsize ", pointer.size, "\n");
}

Pointer parse_pointer(const std::string& text, const std::string& what) {
  const std::string begin = "version https://git-lfs.github.com/spec/v1\noid sha256:", middle = "\nsize ";
  const size_t oid_end = begin.size() + 64;
  const bool good = text.size() <= kLargestPointer && text.starts_with(begin) && text.ends_with('\n') &&
                    text.size() > oid_end + middle.size() && text.compare(oid_end, middle.size(), middle) == 0 &&
                    text.find_first_not_of("0123456789abcdef", begin.size()) == oid_end;
  if (!good) fail(Code::DataLoss, what, " is no Git LFS pointer");
  const size_t size_begin = oid_end + middle.size();
  return {text.substr(begin.size(), 64), number(text.substr(size_begin, text.size() - 1 - size_begin), what)};
}

Repository::Repository(Settings settings, FileSystem& files) : settings_(std::move(settings)), files_(files) {
  make();
}

Repository::Result Repository::git(std::vector<std::string> arguments, const std::string& input) {
  Program command;
  command.arguments = {"git",       "--git-dir", settings_.folder.string(), "-c", "core.hooksPath=/dev/null", "-c",
                       "gc.auto=0", "-c",        "lfs.locksverify=false",   "-c", "core.fsync=committed"};
  std::move(arguments.begin(), arguments.end(), std::back_inserter(command.arguments));
  command.environment = {{"GIT_TERMINAL_PROMPT", "0"},    {"LC_ALL", "C"},
                         {"GIT_AUTHOR_NAME", "cairn"},    {"GIT_AUTHOR_EMAIL", "cairn@localhost"},
                         {"GIT_COMMITTER_NAME", "cairn"}, {"GIT_COMMITTER_EMAIL", "cairn@localhost"}};
  command.input = input;
  command.limit = std::chrono::hours(6);
  command.largest_output = 256u << 20;
  command.stop = settings_.stop;
  try {
    for (int locks = 0;; ++locks) {
      const Finished finished = run_program(command);
      const auto lock = lock_in_the_way(finished.errors, settings_.folder);
      if (finished.status == 0 || !lock || locks == kMostLocks)
        return {finished.status, finished.output, finished.errors};
      free_lock(files_, *lock, settings_.stop);
    }
  } catch (const Error& error) {
    if (error.code() != Code::NotFound) throw;
    fail(Code::FailedPrecondition, "backend 'git_lfs' needs the program git (Debian: apt install git git-lfs)");
  }
}

std::string Repository::must(const std::string& doing, std::vector<std::string> arguments, const std::string& input) {
  Result result = git(std::move(arguments), input);
  if (result.status != 0) refuse(doing, result);
  return std::move(result.output);
}

void Repository::refuse(const std::string& doing, const Result& result) {
  const std::string said = without_passwords(result.errors.substr(0, 600));
  if (holds_any(said, {"'lfs' is not a git command"})) {
    fail(Code::FailedPrecondition, "backend 'git_lfs' needs git-lfs 3 (Debian: apt install git-lfs)");
  }
  const bool refused = holds_any(said, {"Authentication failed", "could not read Username", "Permission denied", "403",
                                        "not authorized", "Authorization error", "protected branch"});
  const bool absent = holds_any(said, {"does not appear to be a git repository", "not found", "does not exist"});
  fail(refused  ? Code::PermissionDenied
       : absent ? Code::FailedPrecondition
                : Code::Unavailable,
       doing, " (remote ", without_passwords(settings_.remote), ", branch ", settings_.branch, ") failed: ", said);
}

void Repository::make() {
  const std::string version = must("asking git-lfs for its version", {"lfs", "version"});
  if (!version.starts_with("git-lfs/") || version.size() < 10 || version[8] < '3') {
    fail(Code::FailedPrecondition, "backend 'git_lfs' needs git-lfs 3 or newer, found ", version.substr(0, 40));
  }
  if (!files_.stat(settings_.folder / "HEAD")) {
    files_.make_folders(settings_.folder);
    must("making a repository", {"init", "--quiet", "--bare", settings_.folder.string()});
  }
  must("naming the remote", {"config", "remote.origin.url", settings_.remote});
  must("naming the branch", {"symbolic-ref", "HEAD", "refs/heads/" + settings_.branch});
}

std::string Repository::tag(const std::string& name) const {
  return cat("refs/tags/cairn/", settings_.branch, "/", name);
}

void Repository::fetch() {
  const std::string branch = "refs/heads/" + settings_.branch, tags = tag("");
  std::istringstream there(must("asking the remote", {"ls-remote", "origin", branch, tags + "*"}));
  bool found = false;
  Tags found_tags;
  for (std::string commit, name; there >> commit >> name;) {
    found = found || name == branch;
    if (!name.starts_with(tags)) continue;
    name.erase(0, tags.size());
    if (name.find_first_of("/^") == std::string::npos) found_tags[name] = commit;
  }
  if (!found) {
    tags_ = std::move(found_tags);
    tip_.clear();
    return;
  }
  must("fetching",
       {"fetch", "--quiet", "--no-tags", "origin", cat("+", branch, ":refs/remotes/origin/", settings_.branch)});
  tip_ = must("reading the branch", {"rev-parse", "refs/remotes/origin/" + settings_.branch}).substr(0, 40);
  tags_ = std::move(found_tags);
}

Tree Repository::tree() {
  Tree files;
  if (tip_.empty()) return files;
  const std::string text = must("listing a commit", {"ls-tree", "-r", "-l", "-z", tip_});
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\0', begin);
    const std::string line = text.substr(begin, end - begin);  // "100644 blob <name> <size>\t<path>"
    begin = end == std::string::npos ? text.size() : end + 1;
    const size_t tab = line.find('\t');
    if (tab == std::string::npos || !line.starts_with("100644 blob ") || tab < 54) continue;
    const std::string size = line.substr(53, tab - 53);
    files[line.substr(tab + 1)] = {line.substr(12, 40),
                                   number(size.substr(size.find_first_not_of(' ')), "git ls-tree")};
  }
  files.erase(".gitattributes");
  return files;
}

std::string Repository::read(const TreeFile& file) {
  return must("reading an object", {"cat-file", "blob", file.blob});
}

void Repository::commit(const Changes& changes, const std::string& message) {
  std::string stream =
      cat("commit refs/heads/", settings_.branch, "\nmark :1\ncommitter cairn <cairn@localhost> now\ndata ",
          message.size(), "\n", message, "\n");
  if (tip_.empty()) {
    const auto* text = reinterpret_cast<const std::byte*>(kAttributes);
    append_file(stream, ".gitattributes", Bytes(text, text + std::char_traits<char>::length(kAttributes)));
  } else {
    stream += "from " + tip_ + "\n";
  }
  for (const auto& [path, bytes] : changes) append_file(stream, path, bytes);
  stream += "\nget-mark :1\ndone\n";
  tip_ = must("writing a commit", {"fast-import", "--quiet", "--force", "--date-format=now"}, stream).substr(0, 40);
}

void Repository::rewrite() {
  const std::string names = must("listing a commit", {"ls-tree", "-r", "-z", "--name-only", tip_});
  std::set<std::string> kept;
  for (size_t begin = 0, end; (end = names.find('\0', begin)) != std::string::npos; begin = end + 1)
    kept.insert(names.substr(begin, end - begin));
  const auto past = parse_log(must("reading the history", log_arguments(tip_)));
  const std::string stream = past_of(past, kept, settings_.branch) + "get-mark :1\ndone\n";
  const std::string rewritten =
      must("writing the history", {"fast-import", "--quiet", "--force"}, stream).substr(0, 40);
  if (git({"diff-tree", "--quiet", tip_, rewritten}).status != 0)
    fail(Code::Internal, "the rewritten history of ", settings_.branch, " ends with other files; it was not pushed");
  tip_ = rewritten;
}

Tags Repository::tags_at(const std::map<std::string, std::string>& files) {
  Tags tags;
  if (files.empty()) return tags;
  for (const PastCommit& commit : parse_log(must("reading the history", log_arguments(tip_, "marks")))) {
    for (const PastChange& change : commit.changes) {
      const auto file = files.find(change.path);
      if (file != files.end() && !change.blob.empty()) tags[file->second] = commit.name;
    }
  }
  return tags;
}

std::vector<std::string> Repository::moves_of(const Tags& tags) const {
  std::vector<std::string> moves;
  for (const auto& [name, commit] : tags) {
    const auto there = tags_.find(name);
    if (there == tags_.end() || there->second != commit) moves.push_back(cat("+", commit, ":", tag(name)));
  }
  for (const auto& [name, commit] : tags_) {
    if (!tags.contains(name)) moves.push_back(":" + tag(name));
  }
  return moves;
}

Repository::Pushed Repository::push(const std::optional<Tags>& tags, const std::string& over) {
  const std::string branch = "refs/heads/" + settings_.branch;
  std::vector<std::string> references;
  if (tags) references = moves_of(*tags);
  references.insert(references.begin(), cat(tip_, ":", branch));
  std::vector<std::string> arguments{"push", "--quiet", "--porcelain"};
  if (atomic_ && references.size() > 1) arguments.push_back("--atomic");
  if (!over.empty()) arguments.push_back(cat("--force-with-lease=", branch, ":", over));
  arguments.push_back("origin");
  arguments.insert(arguments.end(), references.begin(), references.end());
  const Result result = git(std::move(arguments));
  if (result.status == 0) {
    if (tags) tags_ = *tags;
    return Pushed::Yes;
  }
  if (holds_any(result.output + result.errors, {"does not support --atomic"})) {
    atomic_ = false;
    return push(tags, over);
  }
  return meaning_of(result, over.empty() && references.size() == 1 ? PushKind::Commit : PushKind::More);
}

Repository::Pushed Repository::meaning_of(const Result& failed, PushKind kind) {
  const std::string all = failed.output + failed.errors;
  if (holds_any(all,
                {"fetch first", "stale info", "cannot lock ref", "reference already exists", "failed to update ref"})) {
    return Pushed::Overtaken;
  }
  if (kind == PushKind::More && holds_any(all, {"[remote rejected]"})) return Pushed::Forbidden;
  if (holds_any(all, {"non-fast-forward"})) return Pushed::Overtaken;
  refuse("pushing", failed);
}

void Repository::tidy() {
  must("tidying the repository", {"-c", "gc.auto=2000", "-c", "gc.autoDetach=false", "-c", "gc.pruneExpire=1.hour.ago",
                                  "gc", "--auto", "--quiet"});
}

Path Repository::object(const std::string& oid) const {
  return settings_.folder / "lfs" / "objects" / oid.substr(0, 2) / oid.substr(2, 2) / oid;
}

void Repository::push_objects(const std::vector<std::string>& oids) {
  std::vector<std::string> arguments{"lfs", "push", "--object-id", "origin"};
  arguments.insert(arguments.end(), oids.begin(), oids.end());
  must("sending LFS objects", std::move(arguments));
}

void Repository::fetch_object(const std::string& path) {
  must("fetching an LFS object", {"lfs", "fetch", "--include", path, "--exclude", "", "origin", tip_});
}

}  // namespace cairn::git_lfs
