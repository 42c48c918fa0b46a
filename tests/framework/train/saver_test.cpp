#include "train/saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/train/toy_stages.h"
#include "support/backends.h"

namespace cairn::test {
namespace {

// A store that has no room for packs, as long as it is full.
class FullBackend final : public ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    if (full && key.starts_with("packs/")) fail(Code::ResourceExhausted, "full");
    return inner_.put(key, bytes, mode);
  }
  std::atomic<bool> full = false;
};

struct ToySaver {
  explicit ToySaver(std::vector<Trigger> every) : stages(toy_stages(1)) {
    table.every = std::move(every);
    state.at.plan = stages.plan;
  }
  // At the cut behind an iteration of the first epoch.
  std::string due_after(int64_t iterations, int64_t steps, bool stepped) {
    state.at.iteration = state.at.position = iterations;
    state.at.step = steps;
    return saver.due(stepped);
  }

  CheckpointTable table;
  MemoryBackend memory;
  FullBackend backend{memory};
  Checkpointer checkpointer{{"toy", {{&backend, "memory", true}}, &null_logger(), {}, 0, {}}};
  Compute compute;
  Stages stages;
  RunState state;
  History history;
  RunRecord record;
  Monitors monitors{null_logger()};
  Saver saver{table, checkpointer, {compute, stages, state, history, record}, monitors, null_logger()};
};

TEST(SaverTest, TriggersCountEpochsIterationsAndSteps) {
  ToySaver epochs({{Trigger::Kind::Epochs, 1, 0}});
  EXPECT_EQ(epochs.due_after(kToyEpoch - 1, 3, true), "");
  EXPECT_EQ(epochs.due_after(kToyEpoch, 4, true), "1 epoch");
  ToySaver every_second({{Trigger::Kind::Epochs, 2, 0}});
  EXPECT_EQ(every_second.due_after(kToyEpoch, 4, true), "");
  ToySaver iterations({{Trigger::Kind::Iterations, 2, 0}});
  EXPECT_EQ(iterations.due_after(1, 1, true), "");
  EXPECT_EQ(iterations.due_after(2, 1, false), "2 iterations");
  ToySaver steps({{Trigger::Kind::Steps, 2, 0}});
  EXPECT_EQ(steps.due_after(3, 2, false), "");
  EXPECT_EQ(steps.due_after(3, 2, true), "2 steps");
  EXPECT_EQ(steps.due_after(3, 3, true), "");
}

TEST(SaverTest, EachTriggerWorksOnItsOwn) {
  ToySaver saver({{Trigger::Kind::Epochs, 1, 0}, {Trigger::Kind::Iterations, 3, 0}});
  EXPECT_EQ(saver.due_after(3, 3, true), "3 iterations");
  EXPECT_EQ(saver.due_after(kToyEpoch, 4, true), "1 epoch");
  EXPECT_EQ(saver.due_after(2, 2, true), "");
  ToySaver never({});
  EXPECT_EQ(never.due_after(kToyEpoch, 4, true), "");
}

TEST(SaverTest, TimeRunsFromTheNewestSnapshot) {
  ToySaver at_once({{Trigger::Kind::Time, 1, 0}}), later({{Trigger::Kind::Time, 1, 3600}});
  EXPECT_NE(at_once.due_after(1, 1, true), "");
  EXPECT_EQ(later.due_after(1, 1, true), "");
}

TEST(SaverTest, AutoCountsWhatTheBackgroundPaysToo) {
  ToySaver toy({{Trigger::Kind::Auto, 1, 0}});
  toy.table.max_overhead = 0;  // after a snapshot that cost anything no time is enough
  EXPECT_EQ(toy.due_after(1, 1, true), "auto");
  EXPECT_TRUE(toy.saver.save("auto", Wait::Yes));
  toy.checkpointer.flush();
  EXPECT_GT(toy.checkpointer.background_seconds(), 0);
  EXPECT_EQ(toy.due_after(2, 2, true), "");
  toy.table.max_overhead = 1e12;
  EXPECT_EQ(toy.due_after(2, 2, true), "auto");
}

TEST(SaverTest, ASaveHoldsCutAndMetricsAndTheRowsSinceTheOneBefore) {
  ToySaver toy({});
  toy.state.at.iteration = 4;
  toy.state.metrics = {{"map50", 0.5}};
  toy.history.add(MetricRow{});
  EXPECT_TRUE(toy.saver.save("evaluated", Wait::Yes));
  EXPECT_FALSE(toy.checkpointer.newest([](std::string_view) {})->record().text("journal").empty());
  const auto newest = toy.saver.newest();
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->cut.iteration, 4);
  EXPECT_EQ(newest->cut.metrics.at("map50"), 0.5);
  toy.state.at.iteration = 5;
  EXPECT_TRUE(toy.saver.save("1 iteration", Wait::Yes));
  EXPECT_TRUE(toy.saver.newest()->cut.metrics.empty());
  EXPECT_EQ(toy.checkpointer.newest([](std::string_view) {})->record().text("journal"), "");
}

TEST(SaverTest, RowsOfASnapshotThatFailedStayWithTheNext) {
  ToySaver toy({});
  MetricRow row;
  row.at.iteration = 7;
  toy.history.add(row);
  toy.backend.full = true;
  EXPECT_TRUE(toy.saver.save("1 iteration", Wait::ForSlot)) << "it is on its way, and will come to nothing";
  toy.checkpointer.flush();
  toy.backend.full = false;
  EXPECT_TRUE(toy.saver.save("1 iteration", Wait::Yes));
  EXPECT_EQ(toy.checkpointer.newest([](std::string_view) {})->record().text("journal"), to_json_line(row) + "\n");
}

TEST(SaverTest, TheLastSaveOfAProcessIsLeftOutWhenItsCutIsThere) {
  ToySaver toy({});
  toy.state.at.iteration = 4;
  toy.state.evaluation_due = true;
  EXPECT_TRUE(toy.saver.save_last("SIGTERM"));
  const std::string id = toy.saver.newest()->id;
  EXPECT_TRUE(toy.saver.save_last("SIGTERM"));
  EXPECT_EQ(toy.saver.newest()->id, id);
  toy.state.evaluation_due = false;  // the same iteration, behind its evaluation
  EXPECT_TRUE(toy.saver.save_last("end"));
  EXPECT_NE(toy.saver.newest()->id, id);
}

}  // namespace
}  // namespace cairn::test
