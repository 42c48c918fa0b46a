#include "train/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/memory_state.h"

namespace cairn::test {
namespace {

MetricRow row_of(MetricRow::Type type, int64_t iteration, double value) {
  MetricRow row;
  row.type = type;
  row.at.iteration = iteration;
  row.exact = {{"loss/total", value}};
  row.measured = {{"seconds", 0.25}};
  return row;
}

std::string journal_of(const History& history) {
  MemoryState saved;
  history.save(saved);
  return saved.text("journal");
}

TEST(HistoryTest, ASnapshotCarriesTheRowsThatNoPublishedOneHas) {
  History history;
  const MetricRow first = row_of(MetricRow::Type::Iteration, 0, 1.5), second = row_of(MetricRow::Type::Epoch, 0, 0.1);
  history.add(first);
  EXPECT_EQ(journal_of(history), to_json_line(first) + "\n");
  const int64_t taken = history.added();
  history.add(second);
  EXPECT_EQ(journal_of(history), to_json_line(first) + "\n" + to_json_line(second) + "\n");
  history.forget_before(taken);
  EXPECT_EQ(journal_of(history), to_json_line(second) + "\n");
  history.forget_before(history.added());
  EXPECT_EQ(journal_of(history), "");
}

TEST(HistoryTest, EpochsAndEvaluationsComeBackBitByBit) {
  History history;
  history.add(row_of(MetricRow::Type::Iteration, 3, 7));
  history.add(row_of(MetricRow::Type::Epoch, 3, 1.0 / 3));
  history.add(row_of(MetricRow::Type::Evaluation, 3, std::numeric_limits<double>::quiet_NaN()));
  MemoryState saved;
  history.save(saved);
  History back;
  back.add(row_of(MetricRow::Type::Epoch, 9, 9));  // of before the load: forgotten
  back.load(saved);
  ASSERT_EQ(back.rows().size(), 2u);
  EXPECT_EQ(back.rows()[0].type, MetricRow::Type::Epoch);
  EXPECT_EQ(back.rows()[0].exact[0].second, 1.0 / 3);
  EXPECT_EQ(back.rows()[1].type, MetricRow::Type::Evaluation);
  EXPECT_TRUE(std::isnan(back.rows()[1].exact[0].second));
  EXPECT_EQ(journal_of(back), "");
}

}  // namespace
}  // namespace cairn::test
