#include "plugin/crash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>

#include <cairn/error.h>

#include "plugin/call.h"
#include "plugin/child.h"
#include "support/files.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

ChildEnd crash_in_child(const std::filesystem::path& file) {
  return run_in_child(
      [&](const Say&) {
        install_crash_handler();
        record_crashes_in(file);
        set_crash_position(2, 40);
        call_plugin("model toy", "loss", [] { raise(SIGSEGV); });
      },
      std::chrono::seconds(30));
}

TEST(Crash, IsSaidAndWrittenDownWithPluginStageEpochAndIteration) {
  const test::TempFolder folder;
  const ChildEnd end = crash_in_child(folder / "crashes.txt");
  EXPECT_EQ(end.how, ChildEnd::How::Crashed);
  EXPECT_EQ(end.number, SIGSEGV);
  const std::string place = "segmentation fault in plugin model toy (loss), epoch 3, iteration 40";
  EXPECT_THAT(end.printed, HasSubstr("cairn: " + place + ". The newest snapshot stands"));
  EXPECT_EQ(test::read_text(folder / "crashes.txt"), place + "\n");
}

TEST(Crash, ThreeInARowAtOnePlaceAreEnough) {
  const test::TempFolder folder;
  const auto file = folder / "crashes.txt";
  refuse_crash_loop(file);
  for (int crash = 0; crash < kCrashesInARow; ++crash) {
    EXPECT_NO_THROW(refuse_crash_loop(file));
    crash_in_child(file);
  }
  try {
    refuse_crash_loop(file);
    FAIL() << "a fourth crash was allowed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::FailedPrecondition);
    EXPECT_THAT(error.message(), HasSubstr("crashed 3 times in a row at the same place: segmentation fault in plugin "
                                           "model toy (loss), epoch 3, iteration 40."));
    EXPECT_THAT(error.message(), HasSubstr("remove " + file.string()));
  }
}

TEST(Crash, OtherPlacesInBetweenBeginTheCountAnew) {
  const test::TempFolder folder;
  test::write_text(folder / "crashes.txt", "a\na\nb\na\na\n");
  EXPECT_NO_THROW(refuse_crash_loop(folder / "crashes.txt"));
  test::write_text(folder / "crashes.txt", "a\nb\na\na\na\n");
  EXPECT_THROW(refuse_crash_loop(folder / "crashes.txt"), Error);
}

TEST(Crash, ASampleIsNamedInsteadOfTheIteration) {
  const ChildEnd end = run_in_child(
      [&](const Say&) {
        install_crash_handler();
        set_crash_position(0, 7);
        const InSample sample({1, 12, 345});
        call_plugin("augmentation toy", "apply", [] { raise(SIGFPE); });
      },
      std::chrono::seconds(30));
  EXPECT_THAT(end.printed, HasSubstr("arithmetic error in plugin augmentation toy (apply), epoch 2, sample 12 (picture "
                                     "345 of the dataset); training was at iteration 7."));
}

TEST(Child, TellsHowItEnded) {
  const auto end_of = [](const std::function<void(const Say&)>& run, int milliseconds = 30000) {
    return run_in_child(run, std::chrono::milliseconds(milliseconds));
  };
  const ChildEnd fine = end_of([](const Say& say) { say("result"); });
  EXPECT_EQ(fine.how, ChildEnd::How::Returned);
  EXPECT_EQ(fine.said, "result");
  const ChildEnd threw = end_of([](const Say&) { fail(Code::Internal, "what went wrong"); });
  EXPECT_EQ(threw.how, ChildEnd::How::Threw);
  EXPECT_EQ(threw.printed, "what went wrong");
  const ChildEnd exited = end_of([](const Say&) { std::exit(0); });
  EXPECT_EQ(exited.how, ChildEnd::How::Exited);
  EXPECT_EQ(exited.ending(), "ended the process with exit code 0");
  const ChildEnd endless = end_of(
      [](const Say&) {
        while (true) pause();
      },
      100);
  EXPECT_EQ(endless.how, ChildEnd::How::TimedOut);
  const ChildEnd talkative = end_of([](const Say& say) {
    const std::string line(1 << 16, 'x');
    for (size_t i = 0; i < kMostChildOutput / line.size() + 10; ++i) say(line);
  });
  EXPECT_EQ(talkative.said.size(), kMostChildOutput);
}

}  // namespace
}  // namespace cairn
