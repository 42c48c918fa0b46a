#include <cairn/file.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/backends.h"
#include "support/files.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using test::read_text;
using test::write_text;

std::vector<std::string> records_of(const Path& path, uint64_t* cut = nullptr) {
  std::vector<std::string> records;
  const Journal journal(real_files(), path, [&](auto record) { records.push_back(as_text(record)); });
  if (cut != nullptr) *cut = journal.cut_bytes();
  return records;
}

TEST(DurableWrite, WritesWholeFilesAndMakesFolders) {
  const test::TempFolder folder;
  EXPECT_TRUE(write_durably(real_files(), folder / "a/b/c", as_bytes("text")));
  EXPECT_EQ(read_text(folder / "a/b/c"), "text");
  EXPECT_EQ(real_files().list(folder / "a/b"), std::vector<std::string>{"c"});
}

TEST(DurableWrite, ReplacesOrKeepsWhatIsThere) {
  const test::TempFolder folder;
  write_durably(real_files(), folder / "f", as_bytes("first"));
  EXPECT_FALSE(write_durably(real_files(), folder / "f", as_bytes("second"), Existing::Keep));
  EXPECT_EQ(read_text(folder / "f"), "first");
  EXPECT_TRUE(write_durably(real_files(), folder / "f", as_bytes("third")));
  EXPECT_EQ(read_text(folder / "f"), "third");
  EXPECT_EQ(real_files().list(folder.path()).size(), 1u);
}

TEST(DurableWrite, SaysWhenANameIsTooLong) {
  const test::TempFolder folder;
  try {
    write_durably(real_files(), folder / std::string(300, 'x'), as_bytes("x"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
  }
  EXPECT_TRUE(real_files().list(folder.path()).empty());
}

TEST(DurableWrite, SweepsOnlyTemporariesOfDeadProcesses) {
  const test::TempFolder folder;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  write_text(folder / cat(kTemporaryPrefix, child, "-0-1"), "torn");
  write_text(folder / cat(kTemporaryPrefix, getpid(), "-0-1"), "being written");
  EXPECT_EQ(remove_stale_temporaries(real_files(), folder.path()), 1);
  EXPECT_EQ(real_files().list(folder.path()).size(), 1u);
}

TEST(ReadWhole, RefusesMoreThanTheLimit) {
  const test::TempFolder folder;
  write_text(folder / "f", "12345");
  EXPECT_EQ(as_text(read_whole(real_files(), folder / "f", 5)), "12345");
  EXPECT_THROW(read_whole(real_files(), folder / "f", 4), Error);
}

TEST(Journal, GivesBackEveryRecord) {
  const test::TempFolder folder;
  {
    Journal journal(real_files(), folder / "j", [](auto) { FAIL(); });
    for (const char* text : {"one", "", "three"}) journal.append(as_bytes(text));
    journal.sync();
  }
  EXPECT_EQ(records_of(folder / "j"), (std::vector<std::string>{"one", "", "three"}));
}

TEST(Journal, CutsATornTailAtEveryLength) {
  const test::TempFolder folder;
  {
    Journal journal(real_files(), folder / "j", [](auto) {});
    journal.append(as_bytes("first record"));
    journal.append(as_bytes("second"));
  }
  const std::string whole = read_text(folder / "j");
  const size_t first = 8 + 12;
  for (size_t length = 0; length < whole.size(); ++length) {
    write_text(folder / "torn", whole.substr(0, length));
    uint64_t cut = 0;
    EXPECT_EQ(records_of(folder / "torn", &cut).size(), length >= first ? 1u : 0u) << length;
    EXPECT_EQ(cut, length >= first ? length - first : length);
    EXPECT_EQ(read_text(folder / "torn").size(), length >= first ? first : 0);
  }
}

TEST(Journal, StopsAtAnyFlippedBit) {
  const test::TempFolder folder;
  {
    Journal journal(real_files(), folder / "j", [](auto) {});
    journal.append(as_bytes("first"));
    journal.append(as_bytes("second"));
  }
  const std::string whole = read_text(folder / "j");
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    write_text(folder / "flipped", flipped);
    EXPECT_LE(records_of(folder / "flipped").size(), bit < (8 + 5) * 8 ? 0u : 1u) << bit;
  }
}

TEST(Journal, GoesOnBehindTheCut) {
  const test::TempFolder folder;
  write_text(folder / "j", "torn");
  {
    Journal journal(real_files(), folder / "j", [](auto) { FAIL(); });
    EXPECT_EQ(journal.cut_bytes(), 4u);
    journal.append(as_bytes("next"));
  }
  EXPECT_EQ(records_of(folder / "j"), std::vector<std::string>{"next"});
}

TEST(Journal, IsRewrittenWhole) {
  const test::TempFolder folder;
  Journal journal(real_files(), folder / "j", [](auto) {});
  journal.append(as_bytes("old"));
  const std::vector<Bytes> kept{Bytes(3, std::byte{'x'})};
  journal.rewrite(kept);
  journal.append(as_bytes("new"));
  EXPECT_EQ(records_of(folder / "j"), (std::vector<std::string>{"xxx", "new"}));
}

}  // namespace
}  // namespace cairn
