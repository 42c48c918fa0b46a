#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "support/backends.h"
#include "support/files.h"
#include "support/forwarding_files.h"

namespace cairn {
namespace {

using test::as_bytes;

TEST(LocalBackend, HidesWhatAKilledWriterLeft) {
  const test::TempFolder folder;
  const auto backend = test::local_backend(folder.path());
  backend->put("packs/ab/x", as_bytes("x"), PutMode::Replace);
  test::write_text(folder / "packs/ab/.tmp-1-0-0", "torn");
  EXPECT_EQ(backend->list("", "").keys, std::vector<std::string>{"packs/ab/x"});
}

TEST(LocalBackend, SweepsWhatKilledWritersLeftWhereItWrites) {
  const test::TempFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    // Killed on the way: the file has no name yet.
    struct Dying final : test::ForwardingFiles {
      void rename(const Path&, const Path&) override { _exit(0); }
    } files;
    test::local_backend(folder.path(), &files)->put("packs/ab/x", as_bytes("torn"), PutMode::Replace);
    _exit(1);
  }
  waitpid(child, nullptr, 0);
  ASSERT_EQ(real_files().list(folder / "packs/ab").size(), 1u);
  const auto backend = test::local_backend(folder.path());
  backend->put("repo.json", as_bytes("x"), PutMode::Replace);
  EXPECT_EQ(real_files().list(folder / "packs/ab").size(), 1u);
  backend->put("packs/cd/y", as_bytes("y"), PutMode::Replace);
  EXPECT_TRUE(real_files().list(folder / "packs/ab").empty());
}

TEST(LocalBackend, NamesAFileThatStandsWhereTheFolderShould) {
  const test::TempFolder folder;
  test::write_text(folder / "file", "x");
  try {
    test::local_backend(folder / "file");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_NE(std::string(error.what()).find("is a file"), std::string::npos);
  }
}

TEST(LocalBackend, MakesWriteOnceObjectsReadOnly) {
  const test::TempFolder folder;
  test::local_backend(folder.path())->put("k", as_bytes("x"), PutMode::IfAbsent);
  const auto permissions = std::filesystem::status(folder / "k").permissions();
  EXPECT_EQ(permissions & std::filesystem::perms::owner_write, std::filesystem::perms::none);
}

}  // namespace
}  // namespace cairn
