// What `cairn snapshots forget/prune/squash/verify/tag/pin/note/diff/copy` print and change.
#include "cli/snapshots_maintain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/pipeline/save_pipeline.h"
#include "store/marks.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

using testing::HasSubstr;

class SnapshotsMaintain : public testing::Test {
 protected:
  test::MemoryBackend backend_, other_;
  Store store_{backend_, OpenStore::CreateIfEmpty};
  std::ostringstream out_;

  void SetUp() override {
    SavePipeline::Options options;
    options.run = "cells";
    options.store = &store_;
    options.clock = [] { return Clock::now(); };
    SavePipeline pipeline(std::move(options));
    test::Floats weights = test::normal(5000, 1);
    for (int64_t i = 1; i <= 4; ++i) {
      SavePipeline::Place* place = pipeline.take(true);
      weights[static_cast<size_t>(i)] += 0.5f;
      test::add(pipeline.slot(*place), "state/model/w", weights);
      test::add(pipeline.slot(*place), cat("state/only", i), {1.0f, 2.0f});
      CutInfo cut;
      cut.iteration = 10 * i;
      cut.reason = "test";
      pipeline.wait(pipeline.submit(*place, cut, {}, 0));
    }
  }
  std::vector<int64_t> iterations() {
    std::vector<int64_t> all;
    for (const SnapshotInfo& info : read_infos(store_, "cells", [](std::string_view) {}))
      all.push_back(info.cut.iteration);
    return all;
  }
  // The text that an action prints; nothing may change when it only says what it would do.
  template <class Action>
  std::string dry(const Action& action) {
    const auto before = backend_.copy(), there = other_.copy();
    std::ostringstream out;
    action(out);
    EXPECT_EQ(backend_.copy(), before);
    EXPECT_EQ(other_.copy(), there);
    return out.str();
  }
  static Code code_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    return Code::Internal;
  }
};

TEST_F(SnapshotsMaintain, ForgetsANamedOneButNotATaggedOneOrTheLast) {
  EXPECT_THAT(dry([&](auto& out) { forget_snapshot(store_, "cells@20", DryRun::Yes, out); }),
              HasSubstr("would forget"));
  EXPECT_EQ(forget_snapshot(store_, "cells@20", DryRun::No, out_), 1u);
  EXPECT_THAT(out_.str(), HasSubstr("forgotten"));
  EXPECT_THAT(iterations(), testing::ElementsAre(10, 30, 40));
  for (const char* beside : {"cells@25", "cells@31"}) {
    EXPECT_EQ(code_of([&] { forget_snapshot(store_, beside, DryRun::No, out_); }), Code::NotFound);
    EXPECT_EQ(code_of([&] { mark(store_, beside, "tag", "x", MarkAction::Add, out_); }), Code::NotFound);
  }
  mark(store_, "cells@10", "tag", "good", MarkAction::Add, out_);
  EXPECT_EQ(code_of([&] { forget_snapshot(store_, "cells@10", DryRun::No, out_); }), Code::FailedPrecondition);
  mark(store_, "cells@10", "tag", "good", MarkAction::Remove, out_);
  forget_snapshot(store_, "cells@10", DryRun::No, out_);
  forget_snapshot(store_, "cells@30", DryRun::No, out_);
  EXPECT_EQ(code_of([&] { forget_snapshot(store_, "cells@40", DryRun::No, out_); }), Code::FailedPrecondition);
  EXPECT_EQ(code_of([&] { forget_snapshot(store_, "cells", DryRun::No, out_); }), Code::InvalidArgument);
  EXPECT_THAT(iterations(), testing::ElementsAre(40));
}

TEST_F(SnapshotsMaintain, ForgetsByAPolicyAndSaysWhy) {
  mark(store_, "cells@10", "pin", "compare", MarkAction::Add, out_);
  KeepPolicy policy;
  policy.last = 2;
  const auto text = dry(
      [&](auto& out) { EXPECT_EQ(forget_by_policy(store_, "cells", policy, {}, Clock::now(), DryRun::Yes, out), 1u); });
  EXPECT_THAT(text, HasSubstr("tagged or pinned"));
  EXPECT_THAT(text, HasSubstr("among the last"));
  EXPECT_THAT(text, HasSubstr("no rule keeps it"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_EQ(forget_by_policy(store_, "cells", policy, {}, Clock::now(), DryRun::No, out_), 1u);
  EXPECT_THAT(iterations(), testing::ElementsAre(10, 30, 40));
}

TEST_F(SnapshotsMaintain, MarksOfTheFirstStoreHoldInItsMirrors) {
  const auto infos = read_infos(store_, "cells", [](std::string_view) {});
  KeepPolicy policy;
  policy.last = 1;
  const MarkedSnapshots elsewhere{{infos[0].id}, {infos[1].id}};
  const auto text = dry([&](auto& out) {
    EXPECT_EQ(forget_by_policy(store_, "cells", policy, elsewhere, Clock::now(), DryRun::Yes, out), 1u);
  });
  EXPECT_THAT(text, HasSubstr("tagged or pinned"));
  EXPECT_THAT(text, HasSubstr("something began from it"));
}

TEST_F(SnapshotsMaintain, SquashesThenPrunesInTwoSteps) {
  EXPECT_THAT(dry([&](auto& out) { squash(store_, "cells", DryRun::Yes, out); }), HasSubstr("would be stored"));
  squash(store_, "cells", DryRun::No, out_);
  EXPECT_THAT(out_.str(), HasSubstr("stands by itself"));
  for (const char* name : {"cells@10", "cells@20", "cells@30"}) forget_snapshot(store_, name, DryRun::No, out_);
  const Clock::time_point now = Clock::now();
  const std::chrono::seconds grace(10);
  EXPECT_THAT(dry([&](auto& out) { prune_store(store_, grace, now, DryRun::Yes, out); }), HasSubstr("would condemn"));
  prune_store(store_, grace, now, DryRun::No, out_);
  const size_t before = store_.packs().size();
  EXPECT_THAT(dry([&](auto& out) { prune_store(store_, grace, now + grace, DryRun::Yes, out); }),
              HasSubstr("would remove"));
  prune_store(store_, grace, now + grace, DryRun::No, out_);
  EXPECT_LT(store_.packs().size(), before);
  EXPECT_TRUE(verify(store_, "cells", std::chrono::hours(1), out_));
}

TEST_F(SnapshotsMaintain, VerifiesAndNamesWhatIsDamaged) {
  EXPECT_TRUE(verify(store_, "", std::chrono::hours(1), out_));
  EXPECT_THAT(out_.str(), HasSubstr("4 intact, 0 damaged, 0 left"));
  backend_.set(store_.manifests("cells")[1].key(), Bytes(9));
  std::ostringstream out;
  EXPECT_FALSE(verify(store_, "cells", std::chrono::hours(1), out));
  EXPECT_THAT(out.str(), HasSubstr("DAMAGED"));
  EXPECT_THAT(out.str(), HasSubstr("3 intact, 1 damaged"));
}

TEST_F(SnapshotsMaintain, ComparesTwo) {
  diff(store_, "cells@10", "cells@20", out_);
  EXPECT_THAT(out_.str(), HasSubstr("1 of 5000           state/model/w  largest 0.5"));
  EXPECT_THAT(out_.str(), HasSubstr("only in the first   state/only1"));
  EXPECT_THAT(out_.str(), HasSubstr("only in the second  state/only2"));
  EXPECT_THAT(out_.str(), HasSubstr("3 entries differ"));
}

TEST_F(SnapshotsMaintain, KeepsNotesAndTakesOnlyMarksBackThatAreThere) {
  mark(store_, "cells", "note", "lr was too high, see page 3", MarkAction::Add, out_);
  const auto marks = read_marks(store_);
  ASSERT_EQ(marks.size(), 1u);
  EXPECT_EQ(marks[0].text, "lr was too high, see page 3");
  EXPECT_EQ(code_of([&] { mark(store_, "cells", "tag", "never", MarkAction::Remove, out_); }), Code::NotFound);
  EXPECT_EQ(code_of([&] { mark(store_, "cells", "tag", "no/name", MarkAction::Add, out_); }), Code::InvalidArgument);
}

TEST_F(SnapshotsMaintain, CopiesIntoAnotherStore) {
  Store other(other_, OpenStore::CreateIfEmpty, store_.uuid());
  EXPECT_THAT(dry([&](auto& out) { copy(store_, other, "cells@30", DryRun::Yes, out); }), HasSubstr("would copy"));
  copy(store_, other, "cells@30", DryRun::No, out_);
  EXPECT_THAT(out_.str(), HasSubstr("copied"));
  copy(store_, other, "cells@30", DryRun::No, out_);
  EXPECT_THAT(out_.str(), HasSubstr("was there"));
  EXPECT_TRUE(verify(other, "cells", std::chrono::hours(1), out_));
}

}  // namespace
}  // namespace cairn
