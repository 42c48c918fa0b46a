#include "train/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(MirrorFigures, AreNumberedAsTheStoresOfTheCommandLine) {
  EXPECT_TRUE(mirror_figures({}).empty());
  MirrorStatus near, far;
  far.waiting = 3;
  far.sending = true;
  far.received = 5;
  far.received_bytes = 1000;
  far.behind_seconds = 12.5;
  const auto figures = mirror_figures({near, far});
  ASSERT_EQ(figures.size(), 10u);
  EXPECT_THAT(figures[0], Pair("mirror/2/waiting", 0));
  EXPECT_THAT(std::vector(figures.begin() + 5, figures.end()),
              ElementsAre(Pair("mirror/3/waiting", 3), Pair("mirror/3/replicating", 1), Pair("mirror/3/received", 5),
                          Pair("mirror/3/received_bytes", 1000), Pair("mirror/3/behind_seconds", 12.5)));
}

}  // namespace
}  // namespace cairn
