#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/monitors/rows.h"

namespace cairn::test {
namespace {

using testing::HasSubstr;
using testing::Not;

template <class Function>
std::string shown(Function show) {
  testing::internal::CaptureStderr();
  show();
  return testing::internal::GetCapturedStderr();
}

std::string run(const Table& table, int64_t to) {
  const auto monitor = make_monitor("console", {}, table);
  return shown([&] {
    monitor->on_event(event(Event::Type::Started, 0, "run 'x': 48 pictures"));
    send(*monitor, 0, to);
    monitor->on_event(event(Event::Type::Finished, to, "finished"));
  });
}

TEST(Console, OffATerminalShowsOneLinePerEpochUnderAHeader) {
  const std::string expected =
      "run 'x': 48 pictures\n"
      "      epoch      box      cls       lr   memory    img/s     left\n"
      "        1/4   0.1111   0.2222     0.01    1.25G     30.3     0:05\n"
      "        1/4  mAP50 0.5000  mAP50-95 0.1667  precision 0.7500  recall 0.3333\n"
      "        2/4  0.08333   0.1667     0.01    1.25G     31.3     0:03\n"
      "        2/4  mAP50 0.5000  mAP50-95 0.1667  precision 0.7500  recall 0.3333\n"
      "finished\n";
  EXPECT_EQ(run({}, 6), expected);
}

TEST(Console, RepeatsTheHeaderNowAndThen) {
  const std::string text = run({}, 30 * kPerEpoch);
  size_t headers = 0;
  for (size_t at = text.find("img/s"); at != text.npos; at = text.find("img/s", at + 1)) ++headers;
  EXPECT_EQ(headers, 2u);
}

TEST(Console, WithABarDrawsOverItAndEndsWithWholeLines) {
  setenv("LC_ALL", "C.UTF-8", 1);
  const std::string text = run({{"bar", "on"}, {"color", "off"}}, 3);
  unsetenv("LC_ALL");
  EXPECT_THAT(text, HasSubstr("\r\x1b[K        1/4   0.3333   0.6667"));
  EXPECT_THAT(text, HasSubstr("━━━━━━╌"));
  EXPECT_THAT(text, HasSubstr(" 1/3"));
  EXPECT_THAT(text, HasSubstr("\r\x1b[K        1/4   0.1111"));
  EXPECT_EQ(text.back(), '\n');
}

TEST(Console, NoColorIsHonouredAndColoursAreOffWithoutATerminal) {
  EXPECT_THAT(run({}, 3), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(run({{"color", "on"}}, 3), HasSubstr("\x1b[32m"));
}

TEST(Console, AnInterruptionSaysWhatWasSavedAndHowToGoOn) {
  const auto monitor = make_monitor("console", {});
  const std::string words = "stopped by SIGTERM; saved as snapshot 1234. Go on with: cairn train p.toml";
  EXPECT_EQ(shown([&] { monitor->on_event(event(Event::Type::Interrupted, 5, words)); }), words + "\n");
}

TEST(Console, ShowsWarnings) {
  const auto monitor = make_monitor("console", {});
  EXPECT_EQ(shown([&] { monitor->on_event(event(Event::Type::Warning, 5, "disk is full")); }),
            "warning: disk is full\n");
}

TEST(Console, CopesWithRowsThatHaveNoColumns) {
  const auto monitor = make_monitor("console", {}, {{"bar", "on"}});
  const std::string text = shown([&] {
    for (auto type : {MetricRow::Type::Iteration, MetricRow::Type::Epoch, MetricRow::Type::Evaluation}) {
      monitor->on_metrics({type, {}, {}, {}});
    }
  });
  EXPECT_THAT(text, HasSubstr("epoch"));
}

}  // namespace
}  // namespace cairn::test
