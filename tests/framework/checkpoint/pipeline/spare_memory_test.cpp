#include "checkpoint/pipeline/spare_memory.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(SpareMemory, GivesAgainWhatFits) {
  SpareMemory spare;
  SpareMemory::Piece piece = spare.take(1000);
  const std::byte* const memory = piece.bytes.get();
  spare.give_back(std::move(piece));
  EXPECT_EQ(spare.take(900).bytes.get(), memory);
}

TEST(SpareMemory, KeepsALargePieceForALargeWish) {
  SpareMemory spare;
  spare.give_back(spare.take(100000));
  EXPECT_EQ(spare.take(1000).capacity, 1000u);
  EXPECT_EQ(spare.take(100001).capacity, 100001u);
  EXPECT_EQ(spare.take(90000).capacity, 100000u);
}

TEST(SpareMemory, KeepsNoMoreThanItsBound) {
  constexpr size_t kSize = 10u << 20;
  SpareMemory spare;
  SpareMemory::Piece first = spare.take(kSize), second = spare.take(kSize - 1);
  spare.give_back(std::move(first));
  spare.give_back(std::move(second));
  EXPECT_EQ(spare.take(kSize - 1).capacity, kSize);
  EXPECT_EQ(spare.take(kSize - 1).capacity, kSize - 1) << "made anew";
}

}  // namespace
}  // namespace cairn
