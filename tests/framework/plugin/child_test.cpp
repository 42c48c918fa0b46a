#include "plugin/child.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace cairn {
namespace {

constexpr std::chrono::hours kLong{1};

TEST(Child, DoesNotOutliveItsParent) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // so that the orphan can be waited for here
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    run_in_child(
        [&](const Say&) {
          const pid_t me = getpid();
          if (write(ends[1], &me, sizeof me) != sizeof me) return;
          while (true) pause();
        },
        kLong);
    _exit(0);
  }
  pid_t child = 0;
  ASSERT_EQ(read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  kill(parent, SIGKILL);
  int status = 0;
  EXPECT_EQ(waitpid(parent, &status, 0), parent);
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(Child, HandsOverWhatItSaidAndPrinted) {
  const ChildEnd end = run_in_child(
      [](const Say& say) {
        say("said");
        if (write(STDOUT_FILENO, "printed", 7) != 7) _exit(3);
      },
      kLong);
  EXPECT_EQ(end.how, ChildEnd::How::Returned);
  EXPECT_EQ(end.said, "said");
  EXPECT_EQ(end.printed, "printed");
}

TEST(Child, IsEndedWhenItSaysNothingForTooLong) {
  const ChildEnd end = run_in_child(
      [](const Say&) {
        while (true) pause();
      },
      std::chrono::milliseconds(50));
  EXPECT_EQ(end.how, ChildEnd::How::TimedOut);
}

}  // namespace
}  // namespace cairn
