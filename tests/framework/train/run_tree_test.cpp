// A run that is put into a tree in the middle and goes on from it, tensor by tensor, against one that just goes on.
#include "train/run_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/train/toy_stages.h"
#include "support/memory_state.h"
#include "train/iteration.h"

namespace cairn::test {
namespace {

struct ToyRun {
  explicit ToyRun(int64_t accumulation, uint64_t seed = 1) : stages(toy_stages(accumulation, seed)) {
    state.at.plan = stages.plan;
  }
  RunTree tree() { return {compute, stages, state, history, record}; }
  void run(int64_t iterations) {
    Iteration iteration{table, compute, stages, state};
    for (int64_t i = 0; i < iterations; ++i) {
      if (state.epoch_done()) state.begin_epoch();
      iteration.run(toy_batch(static_cast<uint64_t>(state.at.iteration)));
    }
  }
  MemoryState saved() {
    MemoryState tree_state, tree_record;
    tree().save(tree_state, tree_record);
    return tree_state;
  }

  TrainTable table;
  Compute compute;
  Stages stages;
  RunState state;
  History history;
  RunRecord record;
};

void expect_equal(const MemoryState& a, const MemoryState& b) {
  ASSERT_EQ(a.entries.size(), b.entries.size());
  for (const auto& [path, entry] : a.entries) {
    ASSERT_TRUE(b.has(path)) << path;
    if (const auto* tensor = std::get_if<at::Tensor>(&entry)) {
      EXPECT_TRUE(at::equal(*tensor, b.tensor(path))) << path;
    } else {
      EXPECT_EQ(entry.index(), b.entries.at(path).index()) << path;
      if (const auto* number = std::get_if<int64_t>(&entry)) {
        EXPECT_EQ(*number, b.integer(path)) << path;
      }
      if (const auto* real = std::get_if<double>(&entry)) {
        EXPECT_EQ(*real, b.real(path)) << path;
      }
    }
  }
}

TEST(RunTreeTest, GoesOnAsIfNothingHadHappenedFromEveryCut) {
  ToyRun straight(3);
  straight.run(9);
  for (int64_t cut = 1; cut < 9; ++cut) {
    ToyRun first(3);
    first.run(cut);
    MemoryState state, record;
    first.tree().save(state, record);
    ToyRun second(3, /*seed=*/77);  // other initial weights: all must come from the tree
    second.tree().load(state, record);
    second.run(9 - cut);
    SCOPED_TRACE("cut at " + std::to_string(cut));
    expect_equal(straight.saved(), second.saved());
  }
}

TEST(RunTreeTest, PendingGradientsComeBackInTheMemoryFormatOfTheirParameters) {
  ToyRun first(3), second(3);
  first.run(2);
  MemoryState state, record;
  first.tree().save(state, record);
  EXPECT_TRUE(state.has("gradients/conv.weight"));
  second.tree().load(state, record);
  const at::Tensor parameter = second.stages.groups[0].params[0], gradient = parameter.grad();
  EXPECT_EQ(parameter.strides(), gradient.strides());
  EXPECT_TRUE(parameter.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(at::equal(gradient, first.stages.groups[0].params[0].grad()));
}

TEST(RunTreeTest, AnAverageThatTheSnapshotLacksBeginsAsACopyOfItsWeights) {
  ToyRun first(1), second(1, /*seed=*/77);
  first.run(2);
  first.stages.ema.reset();
  MemoryState state, record;
  first.tree().save(state, record);
  second.tree().load(state, record);
  for (const auto& [name, average] : second.stages.ema->entries()) {
    EXPECT_TRUE(at::equal(average, state.tensor("model/" + name))) << name;
  }
}

TEST(RunTreeTest, ATensorOfAnotherShapeIsNamed) {
  ToyRun first(1), second(1);
  first.run(1);
  MemoryState state, record;
  first.tree().save(state, record);
  state.entries["model/conv.weight"] = at::zeros({4, 3, 5, 5});
  try {
    second.tree().load(state, record);
    FAIL() << "was loaded";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss);
    EXPECT_THAT(error.what(), testing::HasSubstr("conv.weight"));
  }
}

}  // namespace
}  // namespace cairn::test
