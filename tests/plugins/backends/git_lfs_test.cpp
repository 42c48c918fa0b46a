// The Git LFS backend against a bare repository in a folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include <cairn/process.h>
#include "git_lfs/history.h"
#include "git_lfs/locks.h"
#include "git_lfs/names.h"
#include "git_lfs/repository.h"
#include "plugin/registry.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/keeping_log.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::string git(const std::vector<std::string>& arguments, const std::string& folder = "") {
  Program command;
  command.arguments = {"git"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.folder = folder;
  const auto done = run_program(command);
  EXPECT_EQ(done.status, 0) << done.errors;
  return done.output;
}

bool has_git_lfs() {
  Program command;
  command.arguments = {"git", "lfs", "version"};
  return run_program(command).status == 0;
}

class GitLfsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_git_lfs()) GTEST_SKIP() << "git-lfs is not installed";
    git({"init", "--quiet", "--bare", "--initial-branch=main", remote()});
  }
  std::string remote() const { return (folder_ / "remote.git").string(); }
  std::unique_ptr<Backend> make(const std::string& name = "mine", bool rewrite = true) {
    Context context;
    context.log = &log_;
    return test::plugins().create<Backend>(
        "git_lfs", {{"remote", remote()}, {"folder", (folder_ / name).string()}, {"rewrite", rewrite}}, context);
  }
  static std::string put(Backend& backend, const std::string& key, const std::string& text) {
    backend.put(key, as_bytes(text), PutMode::Replace);
    backend.commit(std::span(&key, 1));
    return key;
  }
  static std::string read(Backend& backend, const std::string& key) {
    const auto bytes = backend.get(key);
    return bytes ? as_text(*bytes) : "<absent>";
  }
  // Its manifest and its pack, in one commit.
  static void publish(Backend& backend, int number) {
    backend.put(pack(number), as_bytes(cat("pack ", number)), PutMode::Replace);
    put(backend, manifest(number), cat("manifest ", number));
  }
  static void forget(Backend& backend, int number) {
    for (const std::string& key : {manifest(number), pack(number)}) {
      backend.remove(key);
      backend.commit(std::span(&key, 1));
    }
  }
  static std::string pack(int number) { return cat("packs/ab/", std::string(63, 'a'), number, ".pack"); }
  static std::string manifest(int number) { return cat("snapshots/run/00000000000", number, "-000001.manifest"); }
  static std::string tag(int number, const std::string& name, const std::string& kind = "tag") {
    return cat("marks/", std::string(63, 'c'), number, "/", kind, "-", name, "-00ff");
  }
  std::string on_remote(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--git-dir", remote()});
    return git(arguments);
  }
  std::string subjects(const std::string& of = "main") const { return on_remote({"log", "--format=%s", of}); }
  std::string files(const std::string& of) const { return on_remote({"ls-tree", "-r", "--name-only", of}); }
  std::string tags() const { return on_remote({"tag", "--list"}); }
  // Paths of every commit that something on the remote still names.
  std::string reachable() const { return on_remote({"rev-list", "--objects", "--all"}); }

  test::TempFolder folder_;
  test::KeepingLog log_;
};

const std::string kPack = "packs/ab/" + std::string(64, 'a') + ".pack";
const std::string kManifest = "snapshots/run/000000000001-000001.manifest";

TEST_F(GitLfsTest, GivesBackWhatWasCommitted) {
  const auto backend = make();
  EXPECT_EQ(read(*backend, "repo.json"), "<absent>");
  put(*backend, "repo.json", "{}");
  put(*backend, kPack, "the pack");
  put(*backend, kManifest, "the manifest");
  for (const char* name : {"mine", "other"}) {
    const auto again = make(name);
    EXPECT_EQ(read(*again, kManifest), "the manifest") << name;
    EXPECT_EQ(read(*again, kPack), "the pack") << name;
    EXPECT_EQ(again->stat(kPack)->size, 8u);
    EXPECT_EQ(as_text(*again->get(kPack, {4, 3})), "pac");
    EXPECT_THAT(again->list("", "").keys, ElementsAre(kPack, "repo.json", kManifest));
    EXPECT_THAT(again->list("", "q").keys, ElementsAre("repo.json", kManifest));
  }
}

TEST_F(GitLfsTest, MakesOneCommitForASnapshot) {
  const auto backend = make();
  put(*backend, "repo.json", "{}");
  put(*backend, kPack, "the pack");
  EXPECT_EQ(read(*make("other"), kPack), "<absent>") << "packs are seen together with the manifest";
  put(*backend, kManifest, "m");
  EXPECT_EQ(git({"--git-dir", remote(), "log", "--format=%s", "main"}),
            "run: snapshot 000000000001-000001\ncairn: 1 files\n");
}

TEST_F(GitLfsTest, ServesAPlainClone) {
  const auto backend = make();
  const std::string large(300000, 'x');
  put(*backend, kPack, large);
  put(*backend, kManifest, "m");
  git({"clone", "--quiet", remote(), (folder_ / "clone").string()});
  git({"lfs", "pull"}, (folder_ / "clone").string());
  EXPECT_EQ(test::read_text(folder_ / "clone" / kPack), large);
  EXPECT_EQ(test::read_text(folder_ / "clone" / kManifest), "m");
}

TEST_F(GitLfsTest, RemovesFromTheBranch) {
  const auto backend = make();
  put(*backend, "a", "1");
  put(*backend, "b", "2");
  backend->remove("a");
  backend->remove("never-there");
  const std::string key = "a";
  backend->commit(std::span(&key, 1));
  EXPECT_THAT(make("other")->list("", "").keys, ElementsAre("b"));
}

TEST_F(GitLfsTest, FollowsAnotherWriterAndIsFencedByHim) {
  const auto mine = make("mine"), theirs = make("theirs");
  put(*mine, "repo.json", "{}");
  EXPECT_EQ(read(*theirs, "repo.json"), "{}");
  put(*theirs, "marks/x", "1");
  put(*mine, "marks/y", "2");
  EXPECT_EQ(read(*make("third"), "marks/x"), "1");
  EXPECT_EQ(read(*make("third"), "marks/y"), "2");
  put(*theirs, kManifest, "theirs");
  mine->put(kManifest, as_bytes("mine"), PutMode::Replace);
  try {
    mine->commit(std::span(&kManifest, 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.what(), HasSubstr("one writer"));
  }
  EXPECT_EQ(read(*make("third"), kManifest), "theirs");
  EXPECT_EQ(read(*mine, kManifest), "theirs");
}

TEST_F(GitLfsTest, KeepsNoFileThatIsAlsoTheRemotes) {
  const auto backend = make();
  put(*backend, kPack, "the pack");
  put(*backend, kManifest, "m");
  size_t files = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder_ / "mine/lfs/objects")) {
    if (!each.is_regular_file()) continue;
    ++files;
    EXPECT_EQ(each.hard_link_count(), 1u) << each.path();
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(GitLfsTest, KeepsLeasesToThisMachine) {
  const auto backend = make();
  put(*backend, "leases/run/000001-0.json", "me");
  EXPECT_EQ(read(*make(), "leases/run/000001-0.json"), "me");
  EXPECT_THAT(make()->list("leases/", "").keys, ElementsAre("leases/run/000001-0.json"));
  EXPECT_EQ(read(*make("other"), "leases/run/000001-0.json"), "<absent>");
}

TEST_F(GitLfsTest, SaysWhatIsWrongWithTheRemote) {
  Context context;
  const auto make_on = [&](const std::string& remote) {
    return test::plugins().create<Backend>("git_lfs", {{"remote", remote}, {"folder", (folder_ / "x").string()}},
                                           context);
  };
  try {
    make_on((folder_ / "nowhere.git").string())->list("", "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.what(), HasSubstr("nowhere.git"));
  }
  EXPECT_THROW(make_on(""), Error);
  EXPECT_THROW(make_on("--upload-pack=touch /tmp/x"), Error);
}

TEST_F(GitLfsTest, SaysWhichProgramIsMissing) {
  const std::string before = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  try {
    make();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("needs the program git"));
  }
  setenv("PATH", before.c_str(), 1);
}

TEST_F(GitLfsTest, TaggedSnapshotsAreTagsOfGit) {
  const auto backend = make();
  publish(*backend, 1);
  put(*backend, tag(1, "good"), "");
  put(*backend, tag(1, "v1..2"), "");
  put(*backend, tag(1, "word", "pin"), "");
  publish(*backend, 2);
  EXPECT_EQ(tags(), "cairn/main/good\ncairn/main/v1%2e%2e2\n");
  EXPECT_THAT(subjects("cairn/main/good"), testing::StartsWith("tag good of snapshot cccccccccccc\n"));
  EXPECT_THAT(files("cairn/main/good"), HasSubstr(manifest(1)));
  EXPECT_THAT(files("cairn/main/good"), testing::Not(HasSubstr(manifest(2))));
  put(*backend, tag(1, "good", "gone.tag"), "");
  EXPECT_EQ(tags(), "cairn/main/v1%2e%2e2\n");
  const auto other = make("other");
  put(*other, tag(2, "good"), "");
  EXPECT_THAT(files("cairn/main/good"), HasSubstr(manifest(2)));
}

TEST_F(GitLfsTest, TheNextProcessSetsTagsRightAndLeavesOthersAlone) {
  publish(*make(), 1);
  put(*make(), tag(1, "good"), "");
  on_remote({"tag", "--delete", "cairn/main/good"});
  for (const char* name : {"mine", "cairn/main2/good", "cairn/main/old"}) on_remote({"tag", name, "main"});
  publish(*make(), 2);
  EXPECT_EQ(tags(), "cairn/main/good\ncairn/main2/good\nmine\n");
}

TEST_F(GitLfsTest, WhatIsFreedLeavesTheHistory) {
  const auto backend = make(), reader = make("reader");
  put(*backend, "repo.json", "{}");
  for (int i = 1; i <= 3; ++i) publish(*backend, i);
  put(*backend, tag(2, "good"), "");
  publish(*backend, 4);
  EXPECT_EQ(read(*reader, pack(4)), "pack 4");
  const std::string clone = (folder_ / "clone").string();
  git({"clone", "--quiet", remote(), clone});
  git({"lfs", "pull"}, clone);

  for (const int gone : {1, 3}) forget(*backend, gone);
  EXPECT_EQ(subjects(),
            "run: snapshot 000000000004-000001\ntag good of snapshot cccccccccccc\n"
            "run: snapshot 000000000002-000001\ncairn: 1 files\n");
  EXPECT_EQ(files("cairn/main/good"),
            cat(".gitattributes\n", tag(2, "good"), "\n", pack(2), "\nrepo.json\n", manifest(2), "\n"));
  for (const int gone : {1, 3}) EXPECT_THAT(reachable(), testing::Not(HasSubstr(pack(gone))));
  for (const int kept : {2, 4}) EXPECT_THAT(reachable(), HasSubstr(pack(kept)));

  // Whoever had the old history: a reader that is under way, a writer, a plain clone.
  EXPECT_EQ(read(*reader, pack(2)), "pack 2");
  publish(*reader, 5);
  EXPECT_THAT(subjects(),
              testing::StartsWith("run: snapshot 000000000005-000001\nrun: snapshot 000000000004-000001\n"));
  git({"fetch", "--quiet", "--force", "--tags"}, clone);
  git({"reset", "--quiet", "--hard", "origin/main"}, clone);
  git({"lfs", "pull"}, clone);
  for (const int kept : {2, 4, 5}) EXPECT_EQ(test::read_text(folder_ / "clone" / pack(kept)), cat("pack ", kept));
  const auto objects = [&](const std::string& repository) {
    const auto all = std::filesystem::recursive_directory_iterator(folder_ / repository / "lfs/objects");
    return std::count_if(begin(all), end(all), [](const auto& each) { return each.is_regular_file(); });
  };
  EXPECT_EQ(objects("clone/.git"), 5);
  git({"lfs", "prune"}, clone);
  EXPECT_EQ(objects("clone/.git"), 3);
  EXPECT_EQ(objects("mine"), 2) << "nor on this machine";
}

TEST_F(GitLfsTest, ARewrittenHistoryHoldsWhatOthersHavePushedMeanwhile) {
  const auto mine = make("mine"), theirs = make("theirs");
  put(*mine, "repo.json", "{}");
  for (int i = 1; i <= 2; ++i) publish(*mine, i);
  EXPECT_EQ(read(*theirs, "repo.json"), "{}");
  const std::string clone = (folder_ / "clone").string();
  git({"clone", "--quiet", remote(), clone});
  test::write_text(folder_ / "clone" / "read me", "by hand");
  git({"add", "read me"}, clone);
  git({"-c", "user.name=Anna", "-c", "user.email=anna@lab.example", "commit", "--quiet", "-m", "A word to all"}, clone);
  git({"push", "--quiet"}, clone);
  forget(*mine, 1);
  put(*theirs, "marks/x", "1");
  EXPECT_EQ(
      on_remote({"log", "--format=%an %s", "main"}),
      "cairn cairn: 1 files\nAnna A word to all\ncairn run: snapshot 000000000002-000001\ncairn cairn: 1 files\n");
  EXPECT_THAT(reachable(), testing::Not(HasSubstr(pack(1))));
  EXPECT_EQ(on_remote({"show", "main:read me"}), "by hand");
}

TEST_F(GitLfsTest, ARemoteThatForbidsItGetsAnOrdinaryCommit) {
  const auto backend = make();
  for (int i = 1; i <= 2; ++i) publish(*backend, i);
  put(*backend, tag(2, "good"), "");
  on_remote({"config", "receive.denyNonFastForwards", "true"});
  const std::string before = on_remote({"rev-parse", "main"});
  forget(*backend, 1);
  EXPECT_THAT(files("main"), testing::Not(HasSubstr(pack(1))));
  EXPECT_THAT(on_remote({"rev-list", "main"}), HasSubstr(before)) << "the history goes on";
  EXPECT_THAT(log_.text(), HasSubstr("refuses a rewritten history"));
  log_.clear();
  publish(*backend, 3);
  put(*backend, tag(3, "better"), "");
  EXPECT_EQ(tags(), "cairn/main/better\ncairn/main/good\n");
  EXPECT_EQ(log_.text(), "") << "said once";
}

TEST_F(GitLfsTest, ARemoteThatForbidsTagsGetsTheSnapshots) {
  const auto backend = make();
  publish(*backend, 1);
  const auto hook = std::filesystem::path(remote()) / "hooks/update";
  test::write_text(hook, "#!/bin/sh\ncase $1 in refs/tags/*) exit 1;; esac\n");
  std::filesystem::permissions(hook, std::filesystem::perms::owner_all);
  put(*backend, tag(1, "good"), "");
  publish(*backend, 2);
  EXPECT_EQ(tags(), "");
  EXPECT_THAT(files("main"), HasSubstr(manifest(2)));
  EXPECT_THAT(log_.text(), HasSubstr("refuses tags"));
  forget(*backend, 2);
  EXPECT_THAT(reachable(), testing::Not(HasSubstr(pack(2))));
}

TEST_F(GitLfsTest, KeepsTheHistoryWhenAsked) {
  const auto backend = make("mine", false);
  for (int i = 1; i <= 2; ++i) publish(*backend, i);
  forget(*backend, 1);
  EXPECT_THAT(reachable(), HasSubstr(pack(1)));
  EXPECT_EQ(log_.text(), "");
}

// A program `git` that is found first and fails at one of its calls: before it does anything, or when all is done.
class FailingGit {
 public:
  explicit FailingGit(const std::filesystem::path& folder) : folder_(folder), path_(std::getenv("PATH")) {
    Program which;
    which.arguments = {"/bin/sh", "-c", "command -v git"};
    std::string git = run_program(which).output;
    git.pop_back();
    test::write_text(folder_ / "git", cat("#!/bin/sh\nread n < ", folder_.string(), "/left\necho $((n-1)) > ",
                                          folder_.string(), "/left\n[ $n = 1 ] && [ $(cat ", folder_.string(),
                                          "/when) = before ] && exit 9\n", git, " \"$@\" || exit $?\n[ $n != 1 ]\n"));
    std::filesystem::permissions(folder_ / "git", std::filesystem::perms::owner_all);
  }
  ~FailingGit() { setenv("PATH", path_.c_str(), 1); }
  // True when the act got so far.
  bool at(int call, const std::string& when, const std::function<void()>& act) {
    test::write_text(folder_ / "left", cat(call, "\n"));
    test::write_text(folder_ / "when", when + "\n");
    setenv("PATH", cat(folder_.string(), ":", path_).c_str(), 1);
    try {
      act();
    } catch (const Error&) {
    }
    setenv("PATH", path_.c_str(), 1);
    return std::stoi(test::read_text(folder_ / "left")) <= 0;
  }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(GitLfsTest, WhereverItIsInterruptedTheOldHistoryStandsOrTheNew) {
  {
    const auto backend = make();
    for (int i = 1; i <= 2; ++i) publish(*backend, i);
    put(*backend, tag(2, "good"), "");
  }
  const auto saved = folder_ / "saved.git";
  std::filesystem::copy(remote(), saved, std::filesystem::copy_options::recursive);
  const std::string old_state = on_remote({"show-ref"});
  std::filesystem::create_directory(folder_ / "bin");
  FailingGit failing(folder_ / "bin");
  const int step = std::getenv("CAIRN_TEST_ALL") != nullptr ? 1 : 3;
  int kept = 0, moved = 0;
  for (const std::string when : {"before", "after"}) {
    for (int call = 1;; call += step) {
      std::filesystem::remove_all(remote());
      std::filesystem::copy(saved, remote(), std::filesystem::copy_options::recursive);
      auto backend = make();
      backend->list("", "");
      backend->remove(manifest(1));
      backend->remove(pack(1));
      const std::string key = pack(1);
      if (!failing.at(call, when, [&] { backend->commit(std::span(&key, 1)); })) break;
      const bool old_stands = on_remote({"show-ref"}) == old_state;
      (old_stands ? kept : moved) += 1;
      const std::string names = reachable();
      EXPECT_EQ(names.find(pack(1)) != std::string::npos, old_stands) << when << " " << call;
      EXPECT_THAT(files("cairn/main/good"), HasSubstr(manifest(2)));
      backend->commit(std::span(&key, 1));
      EXPECT_THAT(reachable(), testing::Not(HasSubstr(pack(1)))) << when << " " << call;
    }
  }
  EXPECT_EQ(read(*make("other"), pack(2)), "pack 2");
  EXPECT_GE(kept, 12 / step);
  EXPECT_GE(moved, 1);
}

TEST_F(GitLfsTest, ALockThatAKilledGitHasLeftIsFreed) {
  publish(*make(), 1);
  const auto heads = folder_ / "mine/refs/heads";
  test::write_text(heads / "main.lock", "");
  std::filesystem::last_write_time(heads / "main.lock", std::filesystem::file_time_type::clock::now() - 1min);
  publish(*make(), 2);
  EXPECT_EQ(read(*make("other"), pack(2)), "pack 2");
  EXPECT_FALSE(std::filesystem::exists(heads / "main.lock"));
}

TEST(Locks, AreThoseOfTheFolderThatGitNames) {
  const auto found = [](const std::string& path, const std::string& folder) {
    return git_lfs::lock_in_the_way(cat("error: cannot lock ref 'x': Unable to create '", path, "': File exists.\n"),
                                    folder);
  };
  EXPECT_EQ(found("/a/b.git/refs/heads/main.lock", "/a/b.git"), "/a/b.git/refs/heads/main.lock");
  for (const char* path : {"/a/b.git2/x.lock", "/a/b.git/../x.lock", "/a/b.git/x", "x.lock"})
    EXPECT_FALSE(found(path, "/a/b.git")) << path;
  EXPECT_FALSE(git_lfs::lock_in_the_way("fatal: Unable to create '/a/b.git/x.lock': Permission denied", "/a/b.git"));
}

TEST(History, IsReadAsGitTellsIt) {
  const std::string zeros(40, '0'), ones(40, '1'), twos(40, '2'), nul(1, '\0');
  const std::string head = ones + nul + "A <a> 1 +0000" + nul + "B <b> 2 +0100" + nul + "a word\n" + nul;
  const std::string text = head + "\n:000000 100644 " + zeros + " " + twos + " A" + nul + "x y" + nul +
                           ":100644 000000 " + twos + " " + zeros + " D" + nul + "\"odd\nname" + nul + head;
  const auto commits = git_lfs::parse_log(text);
  ASSERT_EQ(commits.size(), 2u);
  EXPECT_EQ(commits[0].changes[0].blob, twos);
  EXPECT_EQ(commits[0].changes[0].mode, "100644");
  EXPECT_EQ(commits[0].changes[1].blob, "");
  EXPECT_EQ(
      git_lfs::past_of(commits, {"x y", "\"odd\nname"}, "b"),
      cat("commit refs/heads/b\nmark :1\nauthor A <a> 1 +0000\ncommitter B <b> 2 +0100\ndata 7\na word\n\nM 100644 ",
          twos, " x y\nD \"\\\"odd\\nname\"\n\n"));
  EXPECT_EQ(git_lfs::past_of(commits, {"z"}, "b"), "");
  for (const std::string& bad : {text.substr(0, text.size() - 1), "x" + text, head + ":1" + nul + "x" + nul,
                                 head + "\n:000000 100644 " + zeros + " " + twos + " A" + nul}) {
    EXPECT_THROW(git_lfs::parse_log(bad), Error) << bad;
  }
}

TEST(Names, OfTagsAreThoseThatWereNotTakenBack) {
  const std::string marks = cat("marks/", std::string(64, 'c'));
  const auto names =
      git_lfs::tag_names({marks + "/tag-a-b-01", marks + "/tag-x-02", marks + "/gone.tag-x-02", marks + "/pin-p-03",
                          marks + "/tag-y", marks + "/tag-.z.lock-04", "marks/short/tag-s-05"});
  EXPECT_EQ(names, (std::map<std::string, std::string>{{marks + "/tag-a-b-01", "a-b"},
                                                       {marks + "/tag-.z.lock-04", "%2ez%2elock"}}));
}

TEST(Pointer, IsReadAsItIsWritten) {
  const std::string oid(64, 'a');
  const auto pointer = git_lfs::parse_pointer(git_lfs::pointer_text({oid, 12345}), "p");
  EXPECT_EQ(pointer.oid, oid);
  EXPECT_EQ(pointer.size, 12345u);
}

TEST(Pointer, RefusesEverythingElse) {
  const std::string good = git_lfs::pointer_text({std::string(64, 'a'), 12345});
  for (size_t i = 0; i < good.size(); ++i) EXPECT_THROW(git_lfs::parse_pointer(good.substr(0, i), "p"), Error) << i;
  for (std::string bad :
       {good + "x", good + good, std::string(5000, 'a'), git_lfs::pointer_text({std::string(64, 'A'), 1}),
        git_lfs::pointer_text({std::string(63, 'a'), 1})}) {
    EXPECT_THROW(git_lfs::parse_pointer(bad, "p"), Error) << bad;
  }
  std::string huge = good;
  huge.replace(huge.find("12345"), 5, "99999999999999999999999");
  EXPECT_THROW(git_lfs::parse_pointer(huge, "p"), Error);
}

}  // namespace
}  // namespace cairn
