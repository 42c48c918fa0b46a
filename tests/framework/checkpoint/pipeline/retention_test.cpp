#include "checkpoint/pipeline/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/random.h>

#include <cmath>
#include <limits>
#include <set>

namespace cairn {
namespace {

using std::chrono::hours;
using Time = std::chrono::system_clock::time_point;

const Time kBegin{hours(24 * 365 * 50)};

RetentionItem item(int64_t epoch, int64_t iteration, Time created = kBegin) {
  RetentionItem made;
  made.epoch = epoch;
  made.iteration = iteration;
  made.created = created;
  return made;
}

std::vector<size_t> kept(std::span<const RetentionItem> items, const KeepPolicy& policy, Time now = kBegin) {
  std::vector<size_t> out;
  const auto verdicts = decide(items, policy, now);
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (stays(verdicts[i])) out.push_back(i);
  }
  return out;
}

using testing::ElementsAre;

TEST(Retention, KeepsEverythingWithoutAPolicy) {
  const std::vector<RetentionItem> items{item(0, 1), item(0, 2)};
  EXPECT_THAT(kept(items, {}), ElementsAre(0, 1));
}

TEST(Retention, KeepsTheNewestWhateverThePolicy) {
  KeepPolicy policy;
  policy.every_epochs = 100;
  EXPECT_THAT(kept(std::vector{item(0, 1), item(0, 2)}, policy), ElementsAre(1));
  EXPECT_TRUE(decide({}, policy, kBegin).empty());
}

TEST(Retention, KeepsTheLastAndTheBest) {
  std::vector<RetentionItem> items;
  for (int64_t i = 0; i < 6; ++i) items.push_back(item(i, i));
  items[1].metrics["map"] = 0.5;
  items[2].metrics["map"] = std::numeric_limits<double>::quiet_NaN();
  items[3].metrics["map"] = 0.5;
  items[4].metrics["other"] = 9;
  KeepPolicy policy;
  policy.last = 2;
  policy.best = {{"map", KeepPolicy::Best::Mode::Max, 1}};
  EXPECT_THAT(kept(items, policy), ElementsAre(1, 4, 5));  // of equal ones the earlier
  policy.best[0].mode = KeepPolicy::Best::Mode::Min;
  policy.best[0].count = 5;
  EXPECT_THAT(kept(items, policy), ElementsAre(1, 3, 4, 5));  // NaN is never best
}

TEST(Retention, KeepsTheLastOfAnEpochAndTheFirstOfASpan) {
  std::vector<RetentionItem> items;
  for (int64_t i = 1; i <= 12; ++i) items.push_back(item((i - 1) / 3, i));
  KeepPolicy policy;
  policy.every_epochs = 2;
  EXPECT_THAT(kept(items, policy), ElementsAre(5, 11));
  policy.every_epochs = 0;
  policy.every_iterations = 5;
  EXPECT_THAT(kept(items, policy), ElementsAre(4, 9, 11));
  // Two cuts at one iteration: the one after the evaluation.
  items.insert(items.begin() + 5, item(1, 5));
  EXPECT_THAT(kept(items, policy), ElementsAre(5, 10, 12));
}

TEST(Retention, KeepsOneOfEachPeriodWhateverTheClockDoes) {
  std::vector<RetentionItem> items;
  for (int64_t i = 0; i < 10; ++i) items.push_back(item(0, i, kBegin + std::chrono::minutes(30 * i)));
  KeepPolicy policy;
  policy.hourly = 3;
  EXPECT_THAT(kept(items, policy), ElementsAre(5, 7, 9));
  std::swap(items[0].created, items[9].created);  // the clock jumped back; the line's order decides, not the clock
  EXPECT_THAT(kept(items, policy), ElementsAre(5, 7, 8, 9));
}

TEST(Retention, ThinsTheOldestButNeverTheLastOrTagged) {
  std::vector<RetentionItem> items;
  for (int64_t i = 1; i <= 10; ++i) {
    items.push_back(item(0, i));
    items.back().bytes = 10;
  }
  items[0].tagged = true;
  KeepPolicy policy;
  policy.last = 2;
  policy.every_iterations = 1;
  policy.max_bytes = 45;
  EXPECT_THAT(kept(items, policy), ElementsAre(0, 7, 8, 9));
  policy.max_bytes = 1;
  EXPECT_THAT(kept(items, policy), ElementsAre(0, 8, 9));
}

TEST(Retention, NamesItsReasons) {
  KeepPolicy policy;
  policy.last = 1;
  const auto verdicts = decide(std::vector{item(0, 1), item(0, 2)}, policy, kBegin);
  EXPECT_EQ(reason_text(verdicts[0]), "no rule keeps it");
  EXPECT_EQ(reason_text(verdicts[1]), "the newest, among the last");
}

// Random histories and policies: what must hold whatever they are.
TEST(Retention, HoldsItsPromisesOverRandomHistories) {
  const int histories = std::getenv("CAIRN_TEST_ALL") != nullptr ? 100000 : 3000;
  for (int h = 0; h < histories; ++h) {
    Rng rng({static_cast<uint64_t>(h)});
    const auto below = [&](uint64_t n) { return static_cast<int64_t>(rng.uniform() * static_cast<double>(n)); };
    KeepPolicy policy;
    policy.last = below(4);
    policy.every_epochs = below(4);
    policy.every_iterations = below(3) * 7;
    policy.hourly = below(3);
    policy.daily = below(3);
    policy.within = std::chrono::seconds(below(2) * 4000);
    policy.max_bytes = static_cast<uint64_t>(below(2) * 100);
    if (below(2) == 1)
      policy.best = {{"m", below(2) == 1 ? KeepPolicy::Best::Mode::Max : KeepPolicy::Best::Mode::Min, below(3)}};
    std::vector<RetentionItem> items;
    Time now = kBegin;
    int64_t iteration = 0;
    for (int64_t n = 1 + below(40); n > 0; --n) {
      iteration += 1 + below(5);
      now += std::chrono::seconds(below(5000) - 500);
      items.push_back(item(iteration / 10, iteration, now));
      items.back().bytes = static_cast<uint64_t>(below(30));
      items.back().tagged = below(10) == 0;
      items.back().unmirrored = below(10) == 0;
      if (below(3) == 0) items.back().metrics["m"] = below(8) == 0 ? NAN : static_cast<double>(below(5));
      const auto verdicts = decide(items, policy, now);
      ASSERT_EQ(verdicts.size(), items.size());
      ASSERT_TRUE(stays(verdicts.back()));
      size_t stay = 0;
      for (size_t i = 0; i < items.size(); ++i) {
        const bool last = static_cast<int64_t>(items.size() - i) <= policy.last;
        ASSERT_TRUE(stays(verdicts[i]) || !(last || items[i].tagged || items[i].unmirrored));
        stay += stays(verdicts[i]) ? 1 : 0;
        ASSERT_FALSE(reason_text(verdicts[i]).empty());
      }
      ASSERT_GE(stay, std::min<size_t>(items.size(), static_cast<size_t>(std::max<int64_t>(policy.last, 1))));
      ASSERT_EQ(verdicts, decide(items, policy, now));  // a pure function
      // Forgetting for real changes nothing for those that stay: deciding again over them forgets none of the rules'
      // picks that do not depend on what was removed.
      std::vector<RetentionItem> rest;
      for (size_t i = 0; i < items.size(); ++i) {
        if (stays(verdicts[i])) rest.push_back(items[i]);
      }
      const auto again = decide(rest, policy, now);
      for (size_t i = 0; i < rest.size(); ++i) ASSERT_TRUE(stays(again[i])) << "history " << h;
      items = std::move(rest);
    }
  }
}

TEST(Retention, DecidesOverAHundredThousand) {
  std::vector<RetentionItem> items;
  for (int64_t i = 0; i < 100000; ++i) items.push_back(item(i / 100, i, kBegin + std::chrono::seconds(i)));
  KeepPolicy policy;
  policy.last = 10;
  policy.every_iterations = 50;
  policy.best = {{"m", KeepPolicy::Best::Mode::Max, 3}};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_GT(kept(items, policy).size(), 1900u);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds", static_cast<int>(took.count() * 1000));
}

}  // namespace
}  // namespace cairn
