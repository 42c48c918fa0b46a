#include "common/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <cairn/error.h>

#include "common/no_sigpipe.h"
#include "git_lfs/repository.h"

namespace cairn {
namespace {

using backends::Command;
using testing::HasSubstr;

Code code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::Internal;
}

Command shell(const std::string& script) {
  Command command;
  command.arguments = {"sh", "-c", script};
  return command;
}

TEST(Process, GivesStatusOutputAndErrorsBack) {
  Command command = shell("cat; echo bad >&2; echo $GREETING; pwd; exit 7");
  command.input = std::string(300000, 'i');
  command.environment = {{"GREETING", "hello"}};
  command.folder = "/tmp";
  const auto done = backends::run(command);
  EXPECT_EQ(done.status, 7);
  EXPECT_EQ(done.output, command.input + "hello\n/tmp\n");
  EXPECT_EQ(done.errors, "bad\n");
}

// In a process of its own: the default of SIGPIPE would end it.
TEST(NoSigpipe, MakesABrokenPipeAnError) {
  EXPECT_EXIT(
      {
        signal(SIGPIPE, SIG_DFL);
        int ends[2];
        if (pipe(ends) != 0) _exit(3);
        close(ends[0]);
        {
          const backends::NoSigpipe quiet;
          if (write(ends[1], "x", 1) != -1 || errno != EPIPE) _exit(4);
        }
        _exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST(NoSigpipe, LeavesTheSignalAsItWas) {
  EXPECT_EXIT(
      {
        signal(SIGPIPE, SIG_DFL);
        { const backends::NoSigpipe quiet; }
        raise(SIGPIPE);
        _exit(0);
      },
      testing::KilledBySignal(SIGPIPE), "");
}

TEST(Process, SurvivesAProgramThatReadsNothing) {
  const auto before = signal(SIGPIPE, SIG_DFL);
  Command command = shell("exec true");
  command.input = std::string(300000, 'i');
  EXPECT_EQ(backends::run(command).status, 0);
  signal(SIGPIPE, before);
}

TEST(Process, EndsWhatTakesTooLongWritesTooMuchOrIsStopped) {
  Command endless = shell("while :; do :; done & while :; do :; done");
  endless.limit = std::chrono::seconds(0);
  EXPECT_EQ(code_of([&] { backends::run(endless); }), Code::Unavailable);
  const std::atomic<bool> stop = true;
  endless.limit = std::chrono::hours(1);
  endless.stop = &stop;
  EXPECT_EQ(code_of([&] { backends::run(endless); }), Code::Cancelled);
  Command talker = shell("while :; do echo too much; done");
  talker.largest_output = 1000;
  EXPECT_EQ(code_of([&] { backends::run(talker); }), Code::ResourceExhausted);
  Command noisy = shell("i=0; while [ $i -lt 9000 ]; do echo 0123456789 >&2; i=$((i+1)); done");
  EXPECT_EQ(backends::run(noisy).errors.size(), 64u << 10);
}

TEST(Process, NamesAProgramThatIsNotThere) {
  Command command;
  EXPECT_EQ(code_of([&] { backends::run(command); }), Code::InvalidArgument);
  command.arguments = {"no-such-program-anywhere"};
  EXPECT_EQ(code_of([&] { backends::run(command); }), Code::NotFound);
}

TEST(Pointer, IsReadAsItIsWritten) {
  const std::string oid(64, 'a');
  const auto pointer = git_lfs::parse_pointer(git_lfs::pointer_text({oid, 12345}), "p");
  EXPECT_EQ(pointer.oid, oid);
  EXPECT_EQ(pointer.size, 12345u);
}

TEST(Pointer, RefusesEverythingElse) {
  const std::string good = git_lfs::pointer_text({std::string(64, 'a'), 12345});
  for (size_t i = 0; i < good.size(); ++i) EXPECT_THROW(git_lfs::parse_pointer(good.substr(0, i), "p"), Error) << i;
  for (std::string bad :
       {good + "x", good + good, std::string(5000, 'a'), git_lfs::pointer_text({std::string(64, 'A'), 1}),
        git_lfs::pointer_text({std::string(63, 'a'), 1})}) {
    EXPECT_THROW(git_lfs::parse_pointer(bad, "p"), Error) << bad;
  }
  std::string huge = good;
  huge.replace(huge.find("12345"), 5, "99999999999999999999999");
  EXPECT_THROW(git_lfs::parse_pointer(huge, "p"), Error);
}

}  // namespace
}  // namespace cairn
