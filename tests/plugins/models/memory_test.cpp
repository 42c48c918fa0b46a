// What assigners hold at once, counted: many objects must not need images x anchors x objects.
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <new>

#include <gtest/gtest.h>
#include <malloc.h>

#include "common/anchor_matches.h"
#include "common/atss.h"
#include "common/task_aligned.h"
#include "yolov7/ota.h"

namespace {

// Of one thread: what others take and give back does not count.
thread_local size_t held = 0, most_held = 0;

void* take(size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  held += malloc_usable_size(memory);
  most_held = std::max(most_held, held);
  return memory;
}

void give_back(void* memory) {
  held -= std::min(held, malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

// The program's own, so that every container of this process is counted.
void* operator new(size_t bytes) {
  return take(bytes);
}
void* operator new[](size_t bytes) {
  return take(bytes);
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete[](void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, size_t) noexcept {
  give_back(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  give_back(memory);
}

namespace cairn::models {
namespace {

constexpr int64_t kSide = 640, kClasses = 3, kAnchors = 80 * 80 + 40 * 40 + 20 * 20;
const std::vector<double> kStrides{8, 16, 32};

size_t most_bytes(const std::function<void()>& work) {
  const size_t before = held;
  most_held = held;
  work();
  return most_held - before;
}

// All of one image, and nearly as large as it.
Targets crowd(int64_t count) {
  std::vector<float> rows;
  for (int64_t i = 0; i < count; ++i) {
    const float side = 0.9F + 0.0001F * static_cast<float>(i % 500);
    rows.insert(rows.end(), {0, static_cast<float>(i % kClasses), 0.5F, 0.5F, side, side});
  }
  return {at::tensor(at::ArrayRef<float>(rows)).view({-1, 6}), 1, kSide, kSide};
}

Tensors maps(int64_t channels) {
  Tensors maps;
  for (const double stride : kStrides) {
    const auto cells = kSide / static_cast<int64_t>(stride);
    maps.push_back(at::zeros({1, channels, cells, cells}));
  }
  return maps;
}

class OneBox final : public SparsePredictions {
 public:
  std::vector<Corners> boxes(const std::vector<int64_t>& rows) const override {
    return {rows.size(), {9, 9, 600, 600}};
  }
  std::vector<double> scores(const std::vector<int64_t>& rows, const std::vector<int64_t>&) const override {
    return std::vector<double>(rows.size(), 0.5);
  }
};

TEST(Memory, OfTaskAlignedAssignmentEndsWithAChunkOfObjects) {
  const Grid grid(maps(1), kStrides);
  const auto bytes_for = [&](int64_t count) {
    const Objects objects(crowd(count), kSide, kSide, kClasses);
    TaskAlignedRule rule;
    rule.iou = {Overlap::Iou, 0, false, false};
    return most_bytes([&] { EXPECT_FALSE(assign_task_aligned(rule, grid, objects, OneBox()).positives.empty()); });
  };
  const size_t full = bytes_for(200), twice = bytes_for(400);
  EXPECT_GT(200U * kAnchors * 8 / 10, kMaxPairs) << "more than one chunk is to be tested";
  EXPECT_LE(twice, full + full / 10);
  EXPECT_LE(twice, kMaxPairs * kPairBytes + kAnchors * kAnchorBytes);
}

TEST(Memory, OfAtssGrowsWithTheCandidatesOfObjects) {
  const Grid grid(maps(1), kStrides);
  const Objects objects(crowd(400), kSide, kSide, kClasses);
  const AtssRule rule;
  const size_t bytes = most_bytes([&] { assign_atss(rule, grid, objects, OneBox()); });
  EXPECT_LE(bytes, 400 * kStrides.size() * static_cast<size_t>(rule.topk) * kCandidateBytes);
}

TEST(Memory, OfMatchingAndOptimalTransportGrowsWithTheMatches) {
  const Grid grid(maps(1), kStrides);
  std::vector<double> sides;
  for (int i = 0; i < 9; ++i) sides.insert(sides.end(), {500.0, 500.0});  // each fits every object
  const AnchorTable anchors = anchor_table(sides, 3);
  const AnchorObjects objects(crowd(400), kClasses);
  AnchorMatches matches;
  const size_t matching = most_bytes([&] { matches = match_anchors({4, 1}, grid, anchors, objects); });
  size_t rows = 0;
  for (const auto& level : matches) rows += level.size();
  EXPECT_GT(rows, 400U * 9);
  EXPECT_LE(rows, 400U * 9 * 5);
  EXPECT_LE(matching, 400U * 9 * 5 * kMatchBytes);
  const Tensors outputs = maps(3 * (5 + kClasses));
  const size_t assigning = most_bytes([&] { assign_ota({}, outputs, anchors, grid, objects, matches); });
  EXPECT_LE(assigning, rows * (kMatchBytes + 2 * 8 * (5 + kClasses)));
}

}  // namespace
}  // namespace cairn::models
