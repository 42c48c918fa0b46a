#include "checkpoint/pipeline/slot.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

#include "support/trees.h"

namespace cairn {
namespace {

using test::Floats;

TEST(Slot, HandsOutItsLeavesInPathOrder) {
  Slot slot;
  test::add(slot, "state/b", {1, 2});
  test::add(slot, "state/a", {3});
  const auto leaves = slot.leaves();
  ASSERT_EQ(leaves.size(), 2u);
  EXPECT_EQ(leaves[0].entry.path, "state/a");
  EXPECT_EQ(slot.size_bytes(), 12u);
}

TEST(Slot, AllocatesNothingTheSecondTime) {
  Slot slot;
  for (int i = 0; i < 40; ++i) test::add(slot, "state/" + std::to_string(i), test::Floats(1u << 18));
  const uint64_t capacity = slot.capacity_bytes();
  const auto* place = slot.leaves()[0].bytes.data();
  slot.clear();
  for (int i = 0; i < 40; ++i) test::add(slot, "state/" + std::to_string(i), test::Floats(1u << 18));
  EXPECT_EQ(slot.capacity_bytes(), capacity);
  EXPECT_EQ(slot.leaves()[0].bytes.data(), place);
}

TEST(Slot, BringsWhatWasAddedAsItLayIntoOrderOnce) {
  Slot slot;
  const Floats lain{0, 1, 2, 3, 4, 5};
  for (const char* path : {"state/a", "state/c"}) {
    const auto into = slot.add_as_it_lies({path, DType::Float32, {3, 2}, 24}, {1, 3});
    std::memcpy(into.data(), lain.data(), 24);
    test::add(slot, path + std::string("x"), lain);
  }
  slot.complete(2);
  slot.complete(2);
  const Floats rows{0, 3, 1, 4, 2, 5};
  const auto leaves = slot.leaves();
  ASSERT_EQ(leaves.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(std::memcmp(leaves[i].bytes.data(), i % 2 == 0 ? rows.data() : lain.data(), 24), 0) << i;
  }
  slot.clear();
  test::add(slot, "state/b", lain);
  slot.complete(1);
  EXPECT_EQ(std::memcmp(slot.leaves()[0].bytes.data(), lain.data(), 24), 0);
}

TEST(Slot, FillsWhatIsToComeOnceAndBeforeItIsPutInOrder) {
  Slot slot;
  const Floats lain{0, 1, 2, 3, 4, 5}, rows{0, 3, 1, 4, 2, 5};
  const auto into = slot.add_as_it_lies({"state/a", DType::Float32, {3, 2}, 24}, {1, 3});
  int filled = 0;
  slot.fill_later([&] {
    std::memcpy(into.data(), lain.data(), 24);
    ++filled;
  });
  slot.complete(1);
  slot.complete(1);
  EXPECT_EQ(filled, 1);
  EXPECT_EQ(std::memcmp(slot.leaves()[0].bytes.data(), rows.data(), 24), 0);
  slot.fill_later([&] { ++filled; });
  slot.clear();  // a capture that came to nothing
  slot.complete(1);
  EXPECT_EQ(filled, 1);
}

TEST(Slot, RefusesTwoLeavesOfOnePath) {
  Slot slot;
  test::add(slot, "state/a", {1});
  test::add(slot, "state/a", {2});
  EXPECT_THROW(slot.leaves(), Error);
}

TEST(Slot, RefusesMalformedPaths) {
  Slot slot;
  for (const char* path : {"", "/a", "a/", "a//b", "a/../b", ".", "a\nb", "a\\b"}) {
    EXPECT_THROW(test::add(slot, path, {1}), Error) << path;
  }
}

}  // namespace
}  // namespace cairn
