#include <gtest/gtest.h>

#include <fstream>

#include "support/backends.h"
#include "support/files.h"

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
