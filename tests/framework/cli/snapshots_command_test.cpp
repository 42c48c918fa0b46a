#include "cli/snapshots_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "cli/copies.h"
#include "store/lease.h"
#include "store/marks.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn {
namespace {

class SnapshotsCommand : public testing::Test {
 protected:
  test::MemoryBackend backend_;
  Store store_{backend_, OpenStore::CreateIfEmpty};
  std::vector<std::string> said_;
  Say say_ = [this](std::string_view line) { said_.emplace_back(line); };

  void SetUp() override {
    for (int64_t sequence = 1; sequence <= 2; ++sequence) {
      Slot slot;
      test::add(slot, "state/model/w", test::normal(100, static_cast<uint64_t>(sequence)));
      const auto leaves = slot.leaves();
      const WrittenTree written = write_tree(store_, leaves, {});
      Manifest manifest;
      manifest.info.run = "cells";
      manifest.info.sequence = sequence;
      manifest.info.cut.iteration = 10 * sequence;
      manifest.info.cut.metrics = {{"map50", 0.25}, {"map50_95", 0.125}, {"precision", 0.75}};
      written.describe_in(manifest);
      store_.publish(manifest, written.packs);
    }
  }
};

TEST_F(SnapshotsCommand, ListsOneLineEach) {
  std::ostringstream out;
  list_snapshots(store_, "", Form::Text, out, say_);
  EXPECT_THAT(out.str(), testing::HasSubstr("cells@10"));
  EXPECT_THAT(out.str(), testing::HasSubstr("cells@20"));
  EXPECT_THAT(out.str(), testing::HasSubstr("map50 0.25  map50_95 0.125\n"));
}

TEST_F(SnapshotsCommand, ListsAsJson) {
  std::ostringstream out;
  list_snapshots(store_, "cells", Form::Json, out, say_);
  const auto json = nlohmann::json::parse(out.str());
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[1].at("cut").at("iteration"), 20);
  EXPECT_EQ(json[1].at("id").get<std::string>().size(), 64u);
}

TEST_F(SnapshotsCommand, BeginsALineWithTheStateOfTheWorstMirror) {
  OpenStores stores;
  std::vector<test::MemoryBackend*> mirrors;
  for (int i = 0; i < 3; ++i) {
    auto backend = std::make_unique<test::MemoryBackend>();
    mirrors.push_back(backend.get());
    stores.backends.push_back(std::move(backend));
  }
  const auto states = [&] {
    std::ostringstream out;
    list_snapshots(store_, "cells", Form::Text, out, say_, mirrors_of(stores, store_, say_));
    std::istringstream lines(out.str());
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);) found.push_back(line.substr(0, line.find(' ')));
    return found;
  };
  using testing::ElementsAre;
  EXPECT_THAT(states(), ElementsAre("local", "local"));
  for (const int i : {1, 2}) copy_snapshot(store_, *Store::mirror(*mirrors[i], store_), {"cells", 1, 0});
  EXPECT_THAT(states(), ElementsAre("replicated", "local"));
  {
    WriterLease lease = WriterLease::claim(store_, "cells");
    EXPECT_THAT(states(), ElementsAre("replicated", "replicating"));
    lease.release();
  }
  const auto check = [&](int i) {
    Store mirror(*mirrors[i], OpenStore::MustExist);
    verify_snapshots(mirror, "cells", std::chrono::hours(1), 1);
  };
  check(1);
  EXPECT_THAT(states(), ElementsAre("replicated", "local"));
  check(2);
  EXPECT_THAT(states(), ElementsAre("verified", "local"));
  mirrors[2]->set("repo.json", Bytes(5));
  EXPECT_THAT(states(), ElementsAre("unknown", "local"));
  EXPECT_FALSE(said_.empty());
}

TEST_F(SnapshotsCommand, NamesDamagedOnesAndGoesOn) {
  backend_.set(ManifestKey{"cells", 1, 0}.key(), Bytes(5));
  std::ostringstream out;
  list_snapshots(store_, "cells", Form::Text, out, say_);
  EXPECT_EQ(said_.size(), 1u);
  EXPECT_THAT(out.str(), testing::HasSubstr("cells@20"));
}

TEST_F(SnapshotsCommand, ShowsTheTreeWhenAskedForIt) {
  std::ostringstream text, tree, json;
  show_snapshot(store_, "cells@10", Form::Text, text, say_);
  EXPECT_THAT(text.str(), testing::HasSubstr("precision 0.75"));
  EXPECT_THAT(text.str(), testing::HasSubstr("at         epoch 1, "));  // counted from 1, as while training
  EXPECT_THAT(text.str(), testing::Not(testing::HasSubstr("state/model/w")));
  show_snapshot(store_, "cells@10", Form::Tree, tree, say_);
  EXPECT_THAT(tree.str(), testing::HasSubstr("state/model/w"));
  show_snapshot(store_, "cells", Form::Json, json, say_);
  EXPECT_EQ(nlohmann::json::parse(json.str()).at("tree")[0].at("shape")[0], 100);
}

TEST_F(SnapshotsCommand, MarksStandInTheListAndNotesInWhatIsShown) {
  const SnapshotInfo info = read_infos(store_, "cells", say_).front();
  add_mark(store_, {info.id, "tag", "paper", "", ""});
  add_mark(store_, {info.id, "note", "text", "", "before the new labels"});
  add_mark(store_, {info.id, std::string(kCheckedMark), "1", "", ""});
  std::ostringstream list, json, show;
  list_snapshots(store_, "cells", Form::Text, list, say_);
  EXPECT_THAT(list.str(), testing::ContainsRegex("cells@10 .*  note  tag paper\n"));
  list_snapshots(store_, "cells", Form::Json, json, say_);
  EXPECT_EQ(nlohmann::json::parse(json.str())[0].at("marks").size(), 2u);
  show_snapshot(store_, "cells@10", Form::Text, show, say_);
  EXPECT_THAT(show.str(), testing::HasSubstr("tag        paper\n"));
  EXPECT_THAT(show.str(), testing::HasSubstr("note       before the new labels\n"));
}

TEST_F(SnapshotsCommand, ShowsWhatWasReplayedBehindASnapshot) {
  const SnapshotInfo from = read_infos(store_, "cells", say_).front();
  const MemoryCut tree([](StateWriter& state, StateWriter&) { state.integer("progress/iteration", 15); });
  CutInfo cut;
  cut.iteration = 15;
  std::ostringstream text, json;
  show_replayed(from, cut, tree, Form::Tree, text);
  EXPECT_THAT(text.str(), testing::HasSubstr("none: replayed from snapshot " + from.id + " at iteration 10"));
  EXPECT_THAT(text.str(), testing::HasSubstr("iteration 15"));
  EXPECT_THAT(text.str(), testing::HasSubstr("state/progress/iteration"));
  show_replayed(from, cut, tree, Form::Json, json);
  EXPECT_EQ(nlohmann::json::parse(json.str()).at("digest"), tree.digest());
}

}  // namespace
}  // namespace cairn
