// What Git and Git LFS write, read without them.
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "git_lfs/history.h"
#include "git_lfs/locks.h"
#include "git_lfs/names.h"
#include "git_lfs/repository.h"

namespace cairn {
namespace {

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
