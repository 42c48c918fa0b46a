#include "base/nearest.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Nearest, CountsInsertionsDeletionsChangesAndSwaps) {
  EXPECT_EQ(edit_distance("epochs", "epochs"), 0u);
  EXPECT_EQ(edit_distance("epoch", "epochs"), 1u);
  EXPECT_EQ(edit_distance("epohcs", "epochs"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
}

TEST(Nearest, GivesNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("batchsize", {"batch_size", "image_size"}), "batch_size");
  EXPECT_EQ(nearest("colour", {"batch_size", "image_size"}), "");
}

}  // namespace
}  // namespace cairn
