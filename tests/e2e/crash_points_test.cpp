// Killed at every named point of a save and of an evaluation, the run ends with the bits of the uninterrupted one.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

const char* const kPoints[] = {"captured", "encoded", "published", "evaluating", "weighed", "evaluated"};

Ended crash(const TinyRun& tiny, const std::string& run, const std::string& at) {
  return run_cairn(tiny.folder(), tiny.train(run), {.environment = {{"CAIRN_CRASH_AT", at}}});
}

void expect_equal(const TinyRun& tiny, const std::string& run) {
  const Ended end = run_cairn(tiny.folder(), tiny.train(run));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(tiny.digest(run), tiny.digest("straight"));
  EXPECT_EQ(tiny.journal(run), tiny.journal("straight"));
}

TEST(CrashPoints, OneRunThatIsKilledAtAllOfThemEndsEqual) {
  TinyRun tiny;
  ASSERT_EQ(run_cairn(tiny.folder(), tiny.train("straight")).exit_code, 0);
  for (const char* point : kPoints) {
    const Ended end = crash(tiny, "unlucky", point);
    EXPECT_EQ(end.signal, SIGKILL) << point << "\n" << end.errors;
  }
  expect_equal(tiny, "unlucky");
}

TEST(CrashPoints, EachOfThemAtEveryVisitEndsEqual) {
  if (std::getenv("CAIRN_TEST_ALL") == nullptr) GTEST_SKIP() << "set CAIRN_TEST_ALL: this takes minutes";
  TinyRun tiny;
  ASSERT_EQ(run_cairn(tiny.folder(), tiny.train("straight")).exit_code, 0);
  for (const char* point : kPoints) {
    for (int visit = 1; visit <= 12; ++visit) {
      const std::string at = std::string(point) + ":" + std::to_string(visit), run = point + std::to_string(visit);
      SCOPED_TRACE(at);
      if (crash(tiny, run, at).signal != SIGKILL) break;  // it is not met so often
      expect_equal(tiny, run);
    }
  }
}

}  // namespace
}  // namespace cairn::test
