// A store on a place, as machines have it: each opens the store for itself and knows nothing but what lies there.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "store/find_snapshot.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/places.h"
#include "support/trees.h"

namespace cairn::test {

inline constexpr size_t kWeights = 3000;

// Weights that move a little with every iteration.
inline const Floats& weights(int64_t iteration) {
  static std::map<int64_t, Floats> known;
  auto& w = known[iteration];
  if (!w.empty()) return w;
  w = normal(kWeights, 1);
  const Floats news = normal(kWeights, 50 + static_cast<uint64_t>(iteration));
  for (size_t i = 0; i < kWeights; ++i) w[i] += 1e-4f * news[i];
  return w;
}

inline void fill(Slot& slot, int64_t iteration) {
  add(slot, "state/model/w", weights(iteration));
  add(slot, "state/opt/m", normal(500, 900 + static_cast<uint64_t>(iteration)));
  add_text(slot, "state/progress/iteration", std::to_string(iteration));
}

inline Contents contents_at(int64_t iteration) {
  Slot slot;
  fill(slot, iteration);
  return contents(slot.leaves());
}

// Every byte of a snapshot, read from its store.
inline Contents contents_of(Store& store, const ManifestKey& key) {
  const auto stored = store.read_manifest(key);
  if (!stored) fail(Code::NotFound, key.key(), " is not there");
  std::vector<TableRow> rows;
  Slot slot;
  load_tree(store, *stored, 1, rows, slot);
  return contents(slot.leaves());
}

// A machine's view of a store.
struct Machine {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Store> store;
  Store* operator->() const { return store.get(); }
  Store& operator*() const { return *store; }
};

inline Code code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return Code::Internal;
}

class StoreOnPlace : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const std::string what = missing(GetParam()); !what.empty()) GTEST_SKIP() << what;
    place_ = &place(GetParam());
  }

  std::unique_ptr<Backend> open_backend(const std::string& machine, const std::string& store = "store") {
    return test::open_backend(*place_, cat(folder_.path().filename().string(), "-", store),
                              folder_ / cat(machine, "-", store));
  }
  Machine machine(const std::string& name, OpenStore mode = OpenStore::MustExist,
                  std::shared_ptr<StoreKeys> keys = nullptr) {
    Machine out{open_backend(name), nullptr};
    out.store = std::make_unique<Store>(*out.backend, mode, std::string(), std::move(keys));
    return out;
  }
  Machine first(std::shared_ptr<StoreKeys> keys = nullptr) {
    return machine("first", OpenStore::CreateIfEmpty, std::move(keys));
  }

  std::unique_ptr<SavePipeline> pipeline(Store& store, const KeepPolicy& keep = {},
                                         std::vector<std::pair<Backend*, KeepPolicy>> mirrors = {},
                                         const std::string& run = "run") {
    SavePipeline::Options options;
    options.run = run;
    options.store = &store;
    options.keep = keep;
    options.grace = std::chrono::seconds(0);
    options.clock = [this] { return now_ += std::chrono::seconds(1); };
    for (const auto& [backend, its] : mirrors) {
      Mirror::Options how;
      how.run = run;
      how.keep = its;
      how.grace = std::chrono::seconds(0);
      how.first_pause = how.longest_pause = std::chrono::milliseconds(1);
      how.clock = [this] { return mirror_now_ += std::chrono::seconds(1); };
      options.mirrors.emplace_back(backend, how);
    }
    return std::make_unique<SavePipeline>(std::move(options));
  }
  static SavePipeline::Outcome try_to_save(SavePipeline& to, int64_t iteration) {
    SavePipeline::Place* place = to.take(true);
    fill(to.slot(*place), iteration);
    CutInfo cut;
    cut.iteration = cut.step = iteration;
    cut.reason = "test";
    auto outcome = to.wait(to.submit(*place, cut, {}, 0));
    to.flush();
    return outcome;
  }
  static SavePipeline::Outcome save(SavePipeline& to, int64_t iteration) {
    auto outcome = try_to_save(to, iteration);
    EXPECT_TRUE(outcome.snapshot) << (outcome.error ? outcome.error->what() : "no error");
    return outcome;
  }
  void save_all(Store& store, int64_t from, int64_t to, const KeepPolicy& keep = {}) {
    const auto all = pipeline(store, keep);
    for (int64_t i = from; i <= to; ++i) save(*all, i);
  }

  static std::vector<int64_t> iterations(Store& store, const std::string& run = "run") {
    std::vector<int64_t> all;
    for (const SnapshotInfo& info : read_infos(store, run, kSilent)) all.push_back(info.cut.iteration);
    return all;
  }
  // Every snapshot that is there.
  static void expect_whole(Store& store, const std::string& run = "run") {
    for (const SnapshotInfo& info : read_infos(store, run, kSilent)) {
      const ManifestKey key{run, info.sequence, info.generation};
      EXPECT_EQ(contents_of(store, key), contents_at(info.cut.iteration)) << key.key();
    }
  }
  void put(Backend& backend, const std::string& key, std::span<const std::byte> bytes) {
    backend.put(key, bytes, PutMode::Replace);
    backend.commit(std::span(&key, 1));
  }
  // Where several puts are one commit, packs are seen by others together with something else.
  void flip_a_bit(Backend& backend, const std::string& key) {
    Bytes bytes = *backend.get(key);
    bytes[bytes.size() / 2] ^= std::byte{1};
    put(backend, key, bytes);
    if (backend.capabilities().batch_commit) put(backend, "marks/damage", bytes);
  }
  // Two steps, the second far later.
  static void collect_all(Store& store) {
    collect(store, std::chrono::seconds(0), Clock::now(), DryRun::No);
    collect(store, std::chrono::seconds(0), Clock::now() + std::chrono::hours(2), DryRun::No);
  }

  static constexpr auto kSilent = [](std::string_view) {};
  TempFolder folder_;
  const Place* place_ = nullptr;
  Clock::time_point now_ = Clock::now(), mirror_now_ = now_;
};

}  // namespace cairn::test
