#include "evaluate/picture_sources.h"

#include <gmock/gmock.h>

#include <cairn/error.h>

#include "support/files.h"

namespace cairn {
namespace {

TEST(PictureSources, FoldersGiveTheirPicturesSortedAndFilesThemselves) {
  const test::TempFolder folder;
  for (const char* name : {"b.PNG", "a b.jpg", "notes.txt", "below/c.jpg"}) test::write_text(folder / name, "x");
  const std::vector<std::string> sources = {folder.path().string(), (folder / "notes.txt").string()};
  EXPECT_THAT(find_pictures(sources), testing::ElementsAre(folder / "a b.jpg", folder / "b.PNG", folder / "notes.txt"));
}

TEST(PictureSources, WhatIsNotThereIsNamed) {
  const test::TempFolder folder;
  const std::vector<std::string> absent = {(folder / "none.jpg").string()}, empty = {folder.path().string()};
  EXPECT_THROW(find_pictures(absent), Error);
  EXPECT_THROW(find_pictures(empty), Error);
}

}  // namespace
}  // namespace cairn
