#include <cairn/file.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/backends.h"
#include "support/files.h"
#include "support/forwarding_files.h"

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

// Fails where it is told to.
class FaultyFiles final : public test::ForwardingFiles {
 public:
  class Faulty final : public File {
   public:
    Faulty(FaultyFiles& files, std::unique_ptr<File> inner) : files_(files), inner_(std::move(inner)) {}
    void append(std::span<const std::byte> bytes) override {
      if (!files_.full) return inner_->append(bytes);
      inner_->append(bytes.first(bytes.size() / 2));
      fail(Code::ResourceExhausted, "full");
    }
    size_t read(uint64_t offset, std::span<std::byte> into) override { return inner_->read(offset, into); }
    uint64_t size() override { return inner_->size(); }
    void preallocate(uint64_t size) override { inner_->preallocate(size); }
    void truncate(uint64_t size) override {
      if (files_.full) fail(Code::Unavailable, "input/output error");
      inner_->truncate(size);
    }
    void sync() override { inner_->sync(); }

   private:
    FaultyFiles& files_;
    std::unique_ptr<File> inner_;
  };
  std::unique_ptr<File> open(const Path& path, Open mode) override {
    if (mode == Open::Append && no_append) fail(Code::ResourceExhausted, "too many files");
    return std::make_unique<Faulty>(*this, real_files().open(path, mode));
  }
  void rename(const Path& from, const Path& to) override {
    if (dies) _exit(0);
    real_files().rename(from, to);
  }
  bool rename_if_absent(const Path& from, const Path& to) override {
    return !taken && real_files().rename_if_absent(from, to);
  }
  void sync_folder(const Path& folder) override {
    ++synced_folders;
    real_files().sync_folder(folder);
  }
  bool full = false, no_append = false, taken = false, dies = false;
  int synced_folders = 0;
};

// A process that is killed before it gives its file the name.
pid_t write_and_die(const Path& path) {
  const pid_t child = fork();
  if (child == 0) {
    FaultyFiles files;
    files.dies = true;
    write_durably(files, path, as_bytes("torn"));
  }
  waitpid(child, nullptr, 0);
  return child;
}

TEST(DurableWrite, SweepsOnlyTemporariesOfDeadProcesses) {
  const test::TempFolder folder;
  const pid_t dead = write_and_die(folder / "f");
  ASSERT_EQ(real_files().list(folder.path()).size(), 1u);
  std::string name = real_files().list(folder.path())[0];
  ASSERT_TRUE(name.starts_with(cat(kTemporaryPrefix, dead, "-")));
  name.replace(kTemporaryPrefix.size(), std::to_string(dead).size(), std::to_string(getpid()));
  write_text(folder / name, "being written");
  write_and_die(folder / "below/it/f");
  EXPECT_EQ(remove_stale_temporaries(real_files(), folder.path()), 2);
  EXPECT_EQ(real_files().list(folder.path()), (std::vector<std::string>{name, "below"}));
}

TEST(DurableWrite, LeavesTemporariesOfOtherMachinesAloneForADay) {
  const test::TempFolder folder;
  const std::string name = cat(kTemporaryPrefix, "999999999-0-1-otherplace");
  write_text(folder / name, "being written elsewhere");
  EXPECT_EQ(remove_stale_temporaries(real_files(), folder.path()), 0);
  std::filesystem::last_write_time(folder / name,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(25));
  EXPECT_EQ(remove_stale_temporaries(real_files(), folder.path()), 1);
}

TEST(DurableWrite, ANameThatAnotherTookMeanwhileIsDurableToo) {
  const test::TempFolder folder;
  FaultyFiles files;
  files.taken = true;
  EXPECT_FALSE(write_durably(files, folder / "f", as_bytes("text"), Existing::Keep));
  EXPECT_EQ(files.synced_folders, 1);
}

TEST(Journal, LosesNothingBehindAnAppendThatCouldNotBeTakenBack) {
  const test::TempFolder folder;
  FaultyFiles files;
  {
    Journal journal(files, folder / "j", [](auto) {});
    journal.append(as_bytes("first"));
    files.full = true;
    EXPECT_THROW(journal.append(as_bytes("torn")), Error);
    files.full = false;
    journal.append(as_bytes("second"));
  }
  EXPECT_EQ(records_of(folder / "j"), (std::vector<std::string>{"first", "second"}));
}

TEST(Journal, LosesNothingWhenItCouldNotBeOpenedAfterARewrite) {
  const test::TempFolder folder;
  FaultyFiles files;
  {
    Journal journal(files, folder / "j", [](auto) {});
    files.no_append = true;
    const std::vector<Bytes> kept{Bytes(3, std::byte{'x'})};
    EXPECT_THROW(journal.rewrite(kept), Error);
    files.no_append = false;
    journal.append(as_bytes("next"));
  }
  EXPECT_EQ(records_of(folder / "j"), (std::vector<std::string>{"xxx", "next"}));
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
