#include "train/stop.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>

#include "support/files.h"

namespace cairn::test {
namespace {

TEST(StopRequestsTest, SigtermSigintAndSighupAreRequestsToStopThatStay) {
  TempFolder folder;
  for (const auto& [number, name] :
       {std::pair(SIGTERM, "SIGTERM"), std::pair(SIGINT, "SIGINT"), std::pair(SIGHUP, "SIGHUP")}) {
    StopRequests requests(folder.path());
    EXPECT_FALSE(requests.stop_wanted());
    raise(number);
    EXPECT_TRUE(requests.stop_wanted());
    EXPECT_TRUE(requests.stop_wanted());
    EXPECT_TRUE(StopRequests::stop_flag());
    EXPECT_STREQ(requests.reason(), name);
    EXPECT_FALSE(requests.take_save());
  }
}

TEST(StopRequestsTest, Sigusr1IsARequestToSaveThatIsTakenOnce) {
  TempFolder folder;
  StopRequests requests(folder.path());
  raise(SIGUSR1);
  EXPECT_FALSE(requests.stop_wanted());
  EXPECT_TRUE(requests.take_save());
  EXPECT_STREQ(requests.reason(), "SIGUSR1");
  EXPECT_FALSE(requests.take_save());
}

TEST(StopRequestsTest, FilesMeanTheSameAndAreRemoved) {
  TempFolder folder;
  StopRequests requests(folder.path());
  write_text(folder / "save", "");
  EXPECT_TRUE(requests.take_save());
  EXPECT_FALSE(std::filesystem::exists(folder / "save"));
  write_text(folder / "stop", "");
  EXPECT_TRUE(requests.stop_wanted());
  EXPECT_FALSE(std::filesystem::exists(folder / "stop"));
  EXPECT_TRUE(requests.stop_wanted());
  EXPECT_STREQ(requests.reason(), "file");
}

TEST(StopRequestsTest, FormerHandlersComeBack) {
  TempFolder folder;
  struct sigaction before {
  }, after{};
  sigaction(SIGTERM, nullptr, &before);
  { const StopRequests requests(folder.path()); }
  sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(before.sa_handler, after.sa_handler);
}

TEST(StopRequestsTest, WhatNohupIgnoresStaysIgnored) {
  TempFolder folder;
  const auto before = signal(SIGHUP, SIG_IGN);
  {
    StopRequests requests(folder.path());
    raise(SIGHUP);
    EXPECT_FALSE(requests.stop_wanted());
  }
  signal(SIGHUP, before);
}

TEST(StopRequestsTest, ATerminalThatClosesIsNoImpatience) {
  TempFolder folder;
  StopRequests requests(folder.path());
  for (const int number : {SIGHUP, SIGHUP, SIGTERM, SIGHUP}) raise(number);
  EXPECT_TRUE(requests.stop_wanted());
  EXPECT_STREQ(requests.reason(), "SIGHUP");
}

TEST(StopRequestsTest, OutputThatNobodyReadsEndsNothing) {
  TempFolder folder;
  const StopRequests requests(folder.path());
  raise(SIGPIPE);
}

TEST(StopRequestsDeathTest, ASecondRequestEndsTheProcessAtOnce) {
  TempFolder folder;
  EXPECT_EXIT(
      {
        const StopRequests requests(folder.path());
        raise(SIGTERM);
        raise(SIGINT);
      },
      testing::ExitedWithCode(1), "the newest snapshot stands");
}

}  // namespace
}  // namespace cairn::test
