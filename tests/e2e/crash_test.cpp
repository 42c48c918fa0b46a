// A plugin that crashes: named, survived by the snapshots, and not run into again and again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <csignal>

#include "e2e/cairn_process.h"
#include "support/files.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;

// At a sample of the sixth epoch: by then snapshots have been published, since a save waits for a free slot.
TinyRun run_with_crash() {
  return TinyRun({"[plugins]\npath = [\"" + (bad_plugin_dir() / "crashes_on_a_sample").string() +
                  "\"]\n[[augmentation]]\ntype = \"crashes_on_a_sample\"\npicture = 5\n" +
                  "[[augmentation]]\ntype = \"letterbox\"\n"});
}

TEST(PluginCrash, IsNamedAndTheThirdOneInARowIsTheLast) {
  const TinyRun run = run_with_crash();
  for (int crash = 0; crash < 3; ++crash) {
    const Ended end = run_cairn(run.folder(), run.train("crashed", {"--set", "run.epochs=8"}));
    EXPECT_EQ(end.signal, SIGSEGV) << end.errors;
    EXPECT_THAT(end.errors, HasSubstr("segmentation fault in plugin augmentation crashes_on_a_sample (apply), epoch 6, "
                                      "sample "));
    EXPECT_THAT(end.errors, HasSubstr("(picture 5 of the dataset); training was at iteration "));
    EXPECT_THAT(end.errors, HasSubstr("The newest snapshot stands"));
    if (crash > 0) {
      EXPECT_THAT(end.errors, HasSubstr("resumed run 'crashed'"));
    }
  }
  const Ended stopped = run_cairn(run.folder(), run.train("crashed", {"--set", "run.epochs=8"}));
  EXPECT_EQ(stopped.exit_code, 1) << stopped.errors;
  EXPECT_THAT(stopped.errors, HasSubstr("crashed 3 times in a row at the same place: segmentation fault in plugin "
                                        "augmentation crashes_on_a_sample (apply), epoch 6, sample "));
  EXPECT_THAT(stopped.errors, HasSubstr("runs/crashed/crashes.txt and give the same command"));
  EXPECT_EQ(run_cairn(run.folder(), {"snapshots", "show", "crashed"}).exit_code, 0);
}

TEST(PluginCrash, OnceMendedTheRunGoesOn) {
  const TinyRun run = run_with_crash();
  EXPECT_EQ(run_cairn(run.folder(), run.train("mended", {"--set", "run.epochs=8"})).signal, SIGSEGV);
  const Ended end = run_cairn(
      run.folder(), run.train("mended", {"--set", "run.epochs=8", "--set",
                                         "augmentation.crashes_on_a_sample.picture=1000", "--allow", "pipeline"}));
  EXPECT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("resumed run 'mended'"));
}

}  // namespace
}  // namespace cairn::test
