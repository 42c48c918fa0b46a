// That the kit finds what is wrong, and says it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

#include <cairn/conformance.h>
#include <cairn/scheduler.h>

#include "support/files.h"

namespace cairn::conformance {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Subject bad(const std::string& name) {
  return {test::bad_plugin_dir() / name / ("bad_" + name + ".so"), {}};
}

// Long for what ends by itself, since a busy machine may take its time.
Result run_bad(const std::string& name, const std::string& check) {
  return run(bad(name), check, {std::chrono::seconds(name == "hangs_in_create" ? 2 : 120)});
}

void expect_failed(const std::string& name, const std::string& check, const std::string& message) {
  const Result result = run_bad(name, check);
  EXPECT_EQ(result.verdict, Verdict::Failed) << name << " " << check;
  EXPECT_THAT(result.message, HasSubstr(message)) << name << " " << check;
}

TEST(Kit, ASloppySchedulerIsFoundOut) {
  expect_failed("sloppy_scheduler", "scheduler.sloppy/resume", "what observe() changes must be saved");
  expect_failed("sloppy_scheduler", "scheduler.sloppy/shared", "rand() was drawn from or seeded");
  expect_failed("sloppy_scheduler", "scheduler.sloppy/declaration", "has no help text");
  expect_failed("sloppy_scheduler", "scheduler.sloppy/edges", "no std::exception");
  expect_failed("sloppy_scheduler", "library/imports", "calls srand");
  expect_failed("sloppy_scheduler", "library/exports", "version script");
  expect_failed("sloppy_scheduler", "library/nodelete", "nodelete");
  EXPECT_EQ(run_bad("sloppy_scheduler", "scheduler.sloppy/unknown").verdict, Verdict::Passed);
  EXPECT_EQ(run_bad("sloppy_scheduler", "scheduler.sloppy/secrets").verdict, Verdict::Skipped);
}

TEST(Kit, ASloppyAugmentationIsFoundOut) {
  expect_failed("sloppy_augmentation", "augmentation.sloppy/key", "another sample on another thread");
  expect_failed("sloppy_augmentation", "augmentation.sloppy/input", "Sample::writable()");
  expect_failed("sloppy_augmentation", "augmentation.sloppy/boxes", "leaves the picture");
}

TEST(Kit, ACrashIsAFailedCheckThatNamesTheSignal) {
  expect_failed("crashes_in_create", "monitor.crashes_in_create/create", "crashed with segmentation fault");
  expect_failed("crashes_in_create", "monitor.crashes_in_create/create", "in plugin crashes_in_create (create)");
}

TEST(Kit, AnEndlessCheckIsEnded) {
  expect_failed("hangs_in_create", "monitor.hangs_in_create/create", "did not end within 2 s");
}

TEST(Kit, AProcessThatEndsItselfHasNotPassed) {
  expect_failed("exits_in_describe", "library/loads", "ended the process with exit code 0");
}

TEST(Kit, ALibraryThatCannotBeOpenedHasOnlyTheChecksOfTheFile) {
  for (const char* name : {"crashes_in_describe", "other_build", "no_entry"}) {
    const auto checks = checks_of(bad(name));
    EXPECT_THAT(checks, Contains("library/build")) << name;
    EXPECT_TRUE(std::all_of(checks.begin(), checks.end(), [](const auto& c) { return c.starts_with("library/"); }));
  }
}

TEST(Kit, NoTwoChecksOfALibraryHaveOneName) {
  for (const char* name : {"backends_local", "datasets_yolo", "augmentations_hsv", "models_yolov8", "optimizers_sgd",
                           "schedulers_cosine", "monitors_console"}) {
    auto checks = checks_of({test::plugin_dir() / (std::string(name) + ".so"), {}});
    std::sort(checks.begin(), checks.end());
    EXPECT_EQ(std::adjacent_find(checks.begin(), checks.end()), checks.end()) << name;
  }
}

TEST(Kit, UnknownFilesAndChecksAreErrors) {
  EXPECT_THROW(checks_of({"nothing.so", {}}), Error);
  EXPECT_THROW(describe("scheduler.sloppy/nothing"), Error);
  expect_failed("sloppy_scheduler", "scheduler.sloppy/nothing", "no check is named");
}

TEST(Kit, MakesObjectsForATestOfOnesOwn) {
  const auto scheduler = create<Scheduler>(test::plugin_dir() / "schedulers_constant.so", Kind::Scheduler, "constant");
  EXPECT_GE(scheduler->accumulation({}), 1);
  EXPECT_THROW(create(bad("other_build").library, Kind::Monitor, "other_build"), Error);
}

}  // namespace
}  // namespace cairn::conformance
