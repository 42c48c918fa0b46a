#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/monitors/rows.h"
#include "support/memory_files.h"

namespace cairn::test {
namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What must be equal in equal runs: each line up to its measured columns.
std::string exact_part(const std::string& journal) {
  std::string text;
  for (const auto& line : lines_of(journal)) text += line.substr(0, line.find(",\"measured\"")) + "\n";
  return text;
}

// The columns of results.csv up to the first measured one.
std::string exact_columns(const std::string& csv) {
  std::string text;
  for (const auto& line : lines_of(csv)) text += line.substr(0, line.rfind(',')) + "\n";
  return text;
}

class Lines final : public Logger {
 public:
  void write(Level level, std::string_view line) override {
    if (level == Level::Warning) text += std::string(line) + "\n";
  }
  std::string text;
};

class JournalTest : public testing::Test {
 protected:
  std::string journal() const { return read_text(folder_ / "metrics.jsonl"); }
  std::string table() const { return read_text(folder_ / "results.csv"); }
  std::unique_ptr<Monitor> make() { return make_monitor("journal", folder_.path(), {}, &log_); }
  void straight(int64_t to, double speed = 30) {
    const auto monitor = make();
    monitor->on_event(event(Event::Type::Started, 0));
    send(*monitor, 0, to, speed);
    monitor->on_event(event(Event::Type::Finished, to));
  }
  TempFolder folder_;
  Lines log_;
};

TEST_F(JournalTest, WritesEveryRowAsOneLineWithAllBits) {
  straight(6);
  const auto lines = lines_of(journal());
  ASSERT_EQ(lines.size(), 10u);
  const MetricRow sent = iteration_row(4, 34), read = row_from_json_line(lines[6]);
  EXPECT_EQ(read.exact, sent.exact);
  EXPECT_EQ(read.at.iteration, 4);
  EXPECT_EQ(read.at.epoch, 1);
  EXPECT_EQ(read.at.position, 1);
  EXPECT_EQ(read.type, MetricRow::Type::Iteration);
}

TEST_F(JournalTest, IsOnTheDiskAfterEachRowSoThatAKillLosesNothing) {
  const auto monitor = make();
  monitor->on_event(event(Event::Type::Started, 0));
  for (int i = 0; i < 3; ++i) {
    monitor->on_metrics(iteration_row(i, 30));
    EXPECT_EQ(lines_of(journal()).size(), static_cast<size_t>(i + 1));
  }
}

TEST_F(JournalTest, ExactColumnsOfTwoRunsAreEqualByteForByte) {
  TempFolder other;
  straight(12, 30);
  const auto second = make_monitor("journal", other.path());
  second->on_event(event(Event::Type::Started, 0));
  send(*second, 0, 12, 55);
  second->on_event(event(Event::Type::Finished, 12));
  EXPECT_NE(journal(), read_text(other / "metrics.jsonl")) << "the speeds differ";
  EXPECT_EQ(exact_part(journal()), exact_part(read_text(other / "metrics.jsonl")));
  EXPECT_EQ(exact_columns(table()), exact_columns(read_text(other / "results.csv")));
}

TEST_F(JournalTest, AResumedRunEndsWithTheJournalOfTheStraightOne) {
  straight(12);
  const std::string whole = exact_part(journal()), whole_table = exact_columns(table());
  for (const int64_t killed : {1, 5, 6, 7}) {
    for (int64_t cut = std::max<int64_t>(killed - 4, 0); cut <= killed; ++cut) {
      TempFolder folder;
      {
        const auto first = make_monitor("journal", folder.path());
        first->on_event(event(Event::Type::Started, 0));
        send(*first, 0, killed);
      }
      const auto second = make_monitor("journal", folder.path());
      second->on_event(event(Event::Type::Resumed, cut));
      send(*second, cut, 12, 44);
      second->on_event(event(Event::Type::Finished, 12));
      EXPECT_EQ(exact_part(read_text(folder / "metrics.jsonl")), whole) << "killed " << killed << " cut " << cut;
      EXPECT_EQ(exact_columns(read_text(folder / "results.csv")), whole_table) << "killed " << killed << " cut " << cut;
    }
  }
}

TEST_F(JournalTest, AnEvaluationDoneAgainReplacesTheOldRow) {
  straight(6);
  const std::string whole = exact_part(journal());
  const auto monitor = make();
  monitor->on_event(event(Event::Type::Resumed, 6));  // the snapshot was taken before the evaluation
  monitor->on_metrics(evaluation_row(5, 0.5));
  EXPECT_EQ(exact_part(journal()), whole);
}

TEST_F(JournalTest, CutsATornLastLine) {
  straight(6);
  const std::string whole = journal();
  const auto lines = lines_of(whole);
  const size_t last = lines.back().size() + 1;
  for (const size_t torn : {size_t{1}, last / 2, last - 1}) {
    write_text(folder_ / "metrics.jsonl", whole.substr(0, whole.size() - torn));
    const auto monitor = make();
    monitor->on_event(event(Event::Type::Resumed, 6));
    EXPECT_EQ(journal(), whole.substr(0, whole.size() - last)) << torn;
  }
}

TEST_F(JournalTest, LeavesDamagedLinesAndSaysSo) {
  straight(6);
  auto lines = lines_of(journal());
  lines[1] = std::string(40, '\0');
  std::string damaged;
  for (const auto& line : lines) damaged += line + "\n";
  write_text(folder_ / "metrics.jsonl", damaged);
  const auto monitor = make();
  monitor->on_event(event(Event::Type::Resumed, 6));
  EXPECT_EQ(journal(), damaged);
  EXPECT_THAT(log_.text, HasSubstr("1 damaged"));
}

TEST_F(JournalTest, SaysWhichRowsAreMissing) {
  straight(6);
  const auto monitor = make();
  monitor->on_event(event(Event::Type::Resumed, 9));
  EXPECT_THAT(log_.text, HasSubstr("iterations 6 to 8 are missing"));
}

TEST_F(JournalTest, ANewRunKeepsTheJournalOfTheFormerOneAside) {
  straight(6);
  const std::string former = journal();
  straight(3);
  EXPECT_EQ(lines_of(journal()).size(), 5u);
  EXPECT_EQ(read_text(folder_ / "metrics.previous.jsonl"), former);
}

TEST_F(JournalTest, HoldsNumbersThatAreNotFinite) {
  const auto monitor = make();
  monitor->on_event(event(Event::Type::Started, 0));
  MetricRow row = iteration_row(0, 30);
  row.exact[0].second = std::numeric_limits<double>::quiet_NaN();
  row.exact[1].second = -std::numeric_limits<double>::infinity();
  monitor->on_metrics(row);
  const MetricRow read = row_from_json_line(lines_of(journal()).at(0));
  EXPECT_TRUE(std::isnan(read.exact[0].second));
  EXPECT_EQ(read.exact[1].second, row.exact[1].second);
}

TEST_F(JournalTest, TableHasOneLinePerEpochWithLossesRatesAndMetrics) {
  straight(6);
  const auto lines = lines_of(table());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "epoch,iteration,loss/box,loss/cls,lr/decay,map50,map50_95,precision,recall,seconds");
  EXPECT_THAT(lines[1], testing::StartsWith("0,2,0.1111111111111111,0.2222222222222222,0.01,0.5,0.16666666666666666,"));
}

TEST_F(JournalTest, RowsThatFindNoRoomWaitForIt) {
  MemoryFiles cramped, roomy;
  const auto run = [&](MemoryFiles& files, const std::function<void()>& between) {
    const auto monitor = make_monitor("journal", "/run", {}, &log_, &files);
    monitor->on_event(event(Event::Type::Started, 0));
    send(*monitor, 0, 3);
    between();
    send(*monitor, 3, 6);
    monitor->on_event(event(Event::Type::Finished, 6));
    const Bytes bytes = read_whole(files, "/run/metrics.jsonl", 1 << 20);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const std::string expected = run(roomy, [] {});
  EXPECT_EQ(log_.text, "");
  EXPECT_EQ(run(cramped, [&] { cramped.fail_at(1, MemoryFiles::Fault::Full); }), expected);
  EXPECT_TRUE(cramped.fired());
  EXPECT_THAT(log_.text, HasSubstr("rows wait in memory until there is room"));
}

TEST_F(JournalTest, TableCanBeLeftOut) {
  const auto monitor = make_monitor("journal", folder_.path(), {{"table", false}});
  monitor->on_event(event(Event::Type::Started, 0));
  send(*monitor, 0, 6);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "results.csv"));
}

}  // namespace
}  // namespace cairn::test
