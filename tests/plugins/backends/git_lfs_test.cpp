// The Git LFS backend against a bare repository in a folder.
#include <cstdlib>

#include "plugins/backends/git_lfs_fixture.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using test::git;
using test::GitLfsTest;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

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
    EXPECT_EQ(error.code(), Code::AlreadyExists);
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

TEST_F(GitLfsTest, ALockThatAKilledGitHasLeftIsFreed) {
  publish(*make(), 1);
  const auto heads = folder_ / "mine/refs/heads";
  test::write_text(heads / "main.lock", "");
  std::filesystem::last_write_time(heads / "main.lock", std::filesystem::file_time_type::clock::now() - 1min);
  publish(*make(), 2);
  EXPECT_EQ(read(*make("other"), pack(2)), "pack 2");
  EXPECT_FALSE(std::filesystem::exists(heads / "main.lock"));
}

}  // namespace
}  // namespace cairn
