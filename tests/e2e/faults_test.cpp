// Disks that are full, read-only or damaged.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

void flip_byte(const fs::path& file, uint64_t at) {
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  std::string text = read_text(file);
  ASSERT_LT(at, text.size());
  text[at] = static_cast<char>(text[at] ^ 0x10);
  write_text(file, text);
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end(),
            [](const fs::path& a, const fs::path& b) { return fs::last_write_time(a) < fs::last_write_time(b); });
  return files;
}

class Faults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    tiny_ = std::make_unique<TinyRun>();
    ASSERT_EQ(run_cairn(tiny_->folder(), tiny_->train("straight")).exit_code, 0);
  }
  static void TearDownTestSuite() { tiny_.reset(); }
  static void expect_equal(const std::string& run) {
    EXPECT_EQ(tiny_->digest(run), tiny_->digest("straight"));
    EXPECT_EQ(tiny_->journal(run), tiny_->journal("straight"));
  }
  static std::unique_ptr<TinyRun> tiny_;
};
std::unique_ptr<TinyRun> Faults::tiny_;

TEST_F(Faults, AFullDiskLeavesSnapshotsOutAndTrainingGoesOn) {
  constexpr uint64_t kJournalOnly = 30'000;  // the smallest pack is larger
  CairnProcess process(tiny_->folder(), tiny_->train("full"), {{}, kJournalOnly});
  ASSERT_TRUE(process.wait_until([&] { return tiny_->has_said("full", "no snapshot at iteration"); }));
  ASSERT_TRUE(process.wait_until([&] { return tiny_->iterations_done("full") >= 4; }));
  process.lift_file_limit();
  const Ended end = process.wait();
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("training goes on"));  // the weights of the first evaluation
  expect_equal("full");
  for (const fs::path& file : files_below(tiny_->folder() / "runs")) {
    EXPECT_FALSE(file.filename().string().starts_with(".tmp-")) << file;
  }
}

TEST_F(Faults, APictureThatVanishesEndsTheRunWithAllThatWasDoneSaved) {
  TinyRun tiny;
  const std::vector<std::string> rarely{"--set", "run.epochs=1000", "--set", "checkpoint.every=[\"1000 epochs\"]"};
  CairnProcess process(tiny.folder(), tiny.train("bereft", rarely));
  ASSERT_TRUE(process.wait_until([&] { return tiny.iterations_done("bereft") >= 2; }));
  const fs::path pictures = tiny.folder() / "images/train", away = tiny.folder() / "away";
  fs::rename(pictures, away);
  const Ended end = process.wait();
  EXPECT_EQ(end.exit_code, 1) << end.errors;
  const int64_t done = tiny.iterations_done("bereft");
  EXPECT_THAT(end.errors, HasSubstr("iteration " + std::to_string(done) + " is saved as snapshot"));
  EXPECT_THAT(end.errors, HasSubstr("with: cairn train tiny.toml --run bereft"));
  fs::rename(away, pictures);
  std::vector<std::string> one_more = rarely;
  one_more.insert(one_more.end(), {"--set", "run.time=0.001"});
  EXPECT_EQ(run_cairn(tiny.folder(), tiny.train("bereft", one_more)).exit_code, 75);
  EXPECT_EQ(tiny.iterations_done("bereft"), done + 1);
}

TEST_F(Faults, WhatCannotBeSavedAtTheEndIsNoSuccess) {
  const Ended end = run_cairn(tiny_->folder(), tiny_->train("unsaved", {"--set", "run.time=0.001"}), {{}, 30'000});
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.errors, HasSubstr("could not be saved"));
  EXPECT_THAT(end.errors, HasSubstr("cairn train tiny.toml --run unsaved"));
  EXPECT_EQ(run_cairn(tiny_->folder(), tiny_->train("unsaved")).exit_code, 0);
  expect_equal("unsaved");
}

TEST_F(Faults, AStoreThatCannotBeWrittenIsSaidBeforeTrainingStarts) {
  write_text(tiny_->folder() / "file", "where a folder should be");
  write_text(tiny_->folder() / "sites/nowhere.toml",
             "[[checkpoint.backend]]\ntype = \"local\"\npath = \"file/store\"\n");
  const Ended end = run_cairn(tiny_->folder(), tiny_->train("nowhere", {"--site", "nowhere"}));
  EXPECT_NE(end.exit_code, 0);
  EXPECT_THAT(end.errors, HasSubstr("file/store"));
  EXPECT_EQ(tiny_->iterations_done("nowhere"), 0);
}

TEST_F(Faults, ADamagedPackMeansTheSnapshotBeforeIt) {
  TinyRun tiny;
  const std::vector<std::string> more{"--set", "run.epochs=2"};
  ASSERT_EQ(run_cairn(tiny.folder(), tiny.train("damaged", more)).exit_code, 0);
  const std::vector<fs::path> packs = files_below(tiny.folder() / "runs/store/packs");
  ASSERT_GE(packs.size(), 2u);
  flip_byte(packs.back(), fs::file_size(packs.back()) / 2);
  const Ended end = run_cairn(tiny.folder(), tiny.train("damaged"));
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("cannot be used"));
  EXPECT_THAT(end.errors, HasSubstr("an older one, is taken instead"));
  EXPECT_EQ(tiny.iterations_done("damaged"), 9);
}

TEST_F(Faults, WithoutAnIntactSnapshotNothingIsOverwritten) {
  TinyRun tiny;
  ASSERT_EQ(run_cairn(tiny.folder(), tiny.train("lost", {"--set", "run.time=0.001"})).exit_code, 75);
  for (const fs::path& file : files_below(tiny.store("lost"))) flip_byte(file, fs::file_size(file) / 2);
  const Ended end = run_cairn(tiny.folder(), tiny.train("lost"));
  EXPECT_EQ(end.exit_code, 1);
  EXPECT_THAT(end.errors, HasSubstr("none is intact"));
  EXPECT_EQ(tiny.iterations_done("lost"), 1);
}

}  // namespace
}  // namespace cairn::test
