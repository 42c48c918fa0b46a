#include "checkpoint/pipeline/slot.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

#include "support/trees.h"

namespace cairn {
namespace {

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
