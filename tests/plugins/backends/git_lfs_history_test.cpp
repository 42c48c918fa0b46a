// Tags and the branch's past: what is freed leaves it, whatever comes in between.
#include <algorithm>
#include <cstdlib>

#include "plugins/backends/git_lfs_fixture.h"

namespace cairn {
namespace {

using test::git;
using testing::HasSubstr;
using GitLfsHistoryTest = test::GitLfsTest;

TEST_F(GitLfsHistoryTest, TaggedSnapshotsAreTagsOfGit) {
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

TEST_F(GitLfsHistoryTest, TheNextProcessSetsTagsRightAndLeavesOthersAlone) {
  publish(*make(), 1);
  put(*make(), tag(1, "good"), "");
  on_remote({"tag", "--delete", "cairn/main/good"});
  for (const char* name : {"mine", "cairn/main2/good", "cairn/main/old"}) on_remote({"tag", name, "main"});
  publish(*make(), 2);
  EXPECT_EQ(tags(), "cairn/main/good\ncairn/main2/good\nmine\n");
}

TEST_F(GitLfsHistoryTest, WhatIsFreedLeavesTheHistory) {
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

TEST_F(GitLfsHistoryTest, ARewrittenHistoryHoldsWhatOthersHavePushedMeanwhile) {
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

TEST_F(GitLfsHistoryTest, ARemoteThatForbidsItGetsAnOrdinaryCommit) {
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

TEST_F(GitLfsHistoryTest, ARemoteThatForbidsTagsGetsTheSnapshots) {
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

TEST_F(GitLfsHistoryTest, KeepsTheHistoryWhenAsked) {
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

TEST_F(GitLfsHistoryTest, WhereverItIsInterruptedTheOldHistoryStandsOrTheNew) {
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

}  // namespace
}  // namespace cairn
