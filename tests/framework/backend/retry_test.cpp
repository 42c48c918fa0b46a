#include "backend/retry.h"

#include <gtest/gtest.h>

#include "support/backends.h"
#include "support/faulty_backend.h"

namespace cairn {
namespace {

using Clock = Waiting::Clock;
using Loses = test::FaultyBackend::Loses;

class RetryingTest : public testing::Test {
 protected:
  Clock::duration waited() const { return now_.time_since_epoch(); }
  std::span<const std::byte> text(std::string_view value) { return test::as_bytes(value); }

  test::MemoryBackend memory_;
  test::FaultyBackend faulty_{memory_};
  Clock::time_point now_{};
  bool stopped_ = false;
  Retrying backend_{faulty_,
                    std::chrono::seconds(10),
                    {[this] { return now_; },
                     [this](Clock::duration time) {
                       now_ += time;
                       return !stopped_;
                     }}};
};

TEST_F(RetryingTest, AsksAgainAfterLongerAndLongerPauses) {
  backend_.put("k", text("v"), PutMode::Replace);
  faulty_.fail_at(1, Loses::Call, 4);
  EXPECT_EQ(test::as_text(*backend_.get("k", {})), "v");
  EXPECT_EQ(waited(), std::chrono::milliseconds(100 + 200 + 400 + 800));
  for (const auto& operation :
       std::vector<std::function<void()>>{[&] { backend_.list("", ""); }, [&] { backend_.stat("k"); },
                                          [&] { backend_.commit({}); }, [&] { backend_.remove("k"); }}) {
    faulty_.fail_at(1);
    EXPECT_NO_THROW(operation());
    EXPECT_EQ(faulty_.operations(), 2);
  }
}

TEST_F(RetryingTest, GivesUpInTime) {
  faulty_.fail_at(1, Loses::Call, 1000);
  EXPECT_THROW(backend_.get("k", {}), Error);
  EXPECT_LE(waited(), std::chrono::seconds(10));
  EXPECT_GT(waited(), std::chrono::seconds(5));
}

TEST_F(RetryingTest, AsksOnceWhereAnotherAnswerCannotCome) {
  for (const Code code : {Code::PermissionDenied, Code::ResourceExhausted, Code::DataLoss}) {
    faulty_.fail_at(1, Loses::Call, 1, code);
    EXPECT_THROW(backend_.get("k", {}), Error);
    EXPECT_EQ(faulty_.operations(), 1);
  }
  stopped_ = true;
  faulty_.fail_at(1, Loses::Call, 1000);
  EXPECT_THROW(backend_.get("k", {}), Error);
  EXPECT_EQ(faulty_.operations(), 1);
}

TEST_F(RetryingTest, KnowsAPutOfItsOwnWhoseAnswerWasLost) {
  faulty_.fail_at(1, Loses::Answer);
  EXPECT_EQ(backend_.put("k", text("mine"), PutMode::IfAbsent), PutResult::Written);
  faulty_.fail_at(1, Loses::Call);
  EXPECT_EQ(backend_.put("k", text("another's"), PutMode::IfAbsent), PutResult::Existed);
  EXPECT_EQ(backend_.put("k", text("mine"), PutMode::IfAbsent), PutResult::Existed) << "nothing was lost on the way";
  EXPECT_EQ(test::as_text(memory_.copy().at("k")), "mine");
}

}  // namespace
}  // namespace cairn
