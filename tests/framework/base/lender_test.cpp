#include "base/lender.h"

#include <gtest/gtest.h>

#include <thread>

namespace cairn {
namespace {

struct Thing {
  int uses = 0;
};

TEST(Lender, LendsWhatCameBackAsItWasLeft) {
  Lender<Thing> lender;
  lender.borrow()->uses = 1;
  std::thread([&] { lender.borrow()->uses += 1; }).join();
  EXPECT_EQ(lender.borrow()->uses, 2);
}

TEST(Lender, MakesAnotherWhileAllAreLent) {
  Lender<Thing> lender;
  const auto first = lender.borrow();
  const auto second = lender.borrow();
  EXPECT_NE(first.get(), second.get());
}

}  // namespace
}  // namespace cairn
