#include <cairn/process.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <cairn/error.h>

#include <cairn/no_sigpipe.h>

namespace cairn {
namespace {

using testing::HasSubstr;

Code code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::Internal;
}

Program shell(const std::string& script) {
  Program command;
  command.arguments = {"sh", "-c", script};
  return command;
}

TEST(Process, GivesStatusOutputAndErrorsBack) {
  Program command = shell("cat; echo bad >&2; echo $GREETING; pwd; exit 7");
  command.input = std::string(300000, 'i');
  command.environment = {{"GREETING", "hello"}};
  command.folder = "/tmp";
  const auto done = run_program(command);
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
          const NoSigpipe quiet;
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
        { const NoSigpipe quiet; }
        raise(SIGPIPE);
        _exit(0);
      },
      testing::KilledBySignal(SIGPIPE), "");
}

TEST(Process, SurvivesAProgramThatReadsNothing) {
  const auto before = signal(SIGPIPE, SIG_DFL);
  Program command = shell("exec true");
  command.input = std::string(300000, 'i');
  EXPECT_EQ(run_program(command).status, 0);
  signal(SIGPIPE, before);
}

TEST(Process, EndsWhatTakesTooLongWritesTooMuchOrIsStopped) {
  Program endless = shell("while :; do :; done & while :; do :; done");
  endless.limit = std::chrono::seconds(0);
  EXPECT_EQ(code_of([&] { run_program(endless); }), Code::Unavailable);
  const std::atomic<bool> stop = true;
  endless.limit = std::chrono::hours(1);
  endless.stop = &stop;
  EXPECT_EQ(code_of([&] { run_program(endless); }), Code::Cancelled);
  Program talker = shell("while :; do echo too much; done");
  talker.largest_output = 1000;
  EXPECT_EQ(code_of([&] { run_program(talker); }), Code::ResourceExhausted);
  Program noisy = shell("i=0; while [ $i -lt 9000 ]; do echo 0123456789 >&2; i=$((i+1)); done");
  EXPECT_EQ(run_program(noisy).errors.size(), 64u << 10);
}

// In a process of its own, since what is ignored is the whole process's.
TEST(Process, TakesNoStatusForAGoodOne) {
  EXPECT_EXIT(
      {
        signal(SIGCHLD, SIG_IGN);
        const Code code = code_of([] { run_program(shell("exit 1")); });
        _exit(code == Code::FailedPrecondition ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(Process, NamesAProgramThatIsNotThere) {
  Program command;
  EXPECT_EQ(code_of([&] { run_program(command); }), Code::InvalidArgument);
  command.arguments = {"no-such-program-anywhere"};
  EXPECT_EQ(code_of([&] { run_program(command); }), Code::NotFound);
}

}  // namespace
}  // namespace cairn
