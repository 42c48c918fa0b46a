// A pipeline over a store in memory whose writes can be held up or made to fail.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "checkpoint/pipeline/save_pipeline.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/find_snapshot.h"
#include "support/backends.h"
#include "support/trees.h"

namespace cairn::test {

// A backend whose writes of packs wait at a gate, or fail.
class GateBackend final : public ForwardingBackend {
 public:
  using ForwardingBackend::ForwardingBackend;
  PutResult put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) override {
    if (key.starts_with("packs/")) {
      std::unique_lock lock(mutex_);
      ++waiting_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return open_; });
      --waiting_;
      if (fail_) {
        ++failed_;
        changed_.notify_all();
        fail(code, "the disk is full");
      }
    }
    const PutResult result = inner_.put(key, bytes, mode);
    if (key.starts_with("leases/")) {
      const std::lock_guard lock(mutex_);
      ++leases_;
      changed_.notify_all();
    }
    return result;
  }
  std::optional<Bytes> get(const std::string& key, const ByteRange& range) override {
    if (key.starts_with("gc/")) ++lists_read;
    if (lost_manifests && key.starts_with("snapshots/")) return std::nullopt;
    return inner_.get(key, range);
  }
  std::optional<ObjectStat> stat(const std::string& key) override {
    if (no_stat && key.starts_with("snapshots/")) fail(Code::Unavailable, "no answer");
    return inner_.stat(key);
  }
  void remove(const std::string& key) override {
    if (no_removal) fail(Code::PermissionDenied, "these keys must not delete");
    inner_.remove(key);
  }

  std::atomic<bool> no_removal = false, no_stat = false, lost_manifests = false;
  std::atomic<int> lists_read = 0;
  std::atomic<Code> code = Code::ResourceExhausted;  // of a failure
  void set(bool open, bool failing = false) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    fail_ = failing;
    changed_.notify_all();
  }
  // Returns when so many more writes have failed.
  void await_failures(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&, enough = failed_ + count] { return failed_ >= enough; });
  }
  // Whether so many more writes of leases come within the time.
  bool await_leases(int count, std::chrono::seconds most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&, enough = leases_ + count] { return leases_ >= enough; });
  }
  void await_writer() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ > 0; });
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool open_ = true, fail_ = false;
  int waiting_ = 0, failed_ = 0, leases_ = 0;
};

// Keeps what is said.
class Lines final : public Logger {
 public:
  void write(Level, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }
  std::vector<std::string> with(std::string_view part) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const std::string& line : lines_) {
      if (line.find(part) != std::string::npos) found.push_back(line);
    }
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;  // guarded by mutex_
};

inline constexpr size_t kCount = 20000;

class SavePipelineTest : public testing::Test {
 protected:
  MemoryBackend memory_, mirror_memory_;
  GateBackend gate_{memory_};
  Store store_{gate_, OpenStore::CreateIfEmpty};
  KeepPolicy keep_, mirror_keep_;
  Lines lines_;
  std::chrono::seconds grace_{0};
  std::chrono::milliseconds renew_every_ = kRenewEvery;
  Clock::time_point now_{std::chrono::hours(24 * 365 * 50)}, mirror_now_ = now_;

  std::unique_ptr<SavePipeline> open(std::vector<Backend*> mirrors = {}) {
    SavePipeline::Options options;
    options.run = "run";
    options.store = &store_;
    for (Backend* mirror : mirrors) {
      Mirror::Options how;
      how.run = "run";
      how.first_pause = how.longest_pause = std::chrono::milliseconds(1);
      how.keep = mirror_keep_;
      how.grace = grace_;
      how.clock = [this] { return mirror_now_ += std::chrono::seconds(1); };
      options.mirrors.emplace_back(mirror, how);
    }
    options.keep = keep_;
    options.log = &lines_;
    options.threads = 2;
    options.grace = grace_;
    options.renew_every = renew_every_;
    options.clock = [this] { return now_ += std::chrono::seconds(1); };
    return std::make_unique<SavePipeline>(std::move(options));
  }

  std::unique_ptr<Store> mirror() { return std::make_unique<Store>(mirror_memory_, OpenStore::MustExist); }

  // A state that moves by one step of SGD with every iteration.
  static Floats momentum(int64_t iteration) {
    Floats m = normal(kCount, 7);
    const Floats news = normal(kCount, 100 + static_cast<uint64_t>(iteration));
    for (size_t i = 0; i < kCount; ++i) m[i] += 0.1f * news[i];
    return m;
  }
  static const Floats& weights(int64_t iteration) {
    static std::map<int64_t, Floats> known;
    auto& w = known[iteration];
    if (!w.empty()) return w;
    if (iteration == 0) return w = normal(kCount, 1);
    const Floats before = weights(iteration - 1), m = momentum(iteration), old = momentum(iteration - 1);
    w.resize(kCount);
    const std::vector<Numbers> operands{before, m, old};
    predict(Formula::Sgd, operands, std::vector<double>{0.01, 0.9}, w);
    return w;
  }
  static std::vector<Prediction> predictions() {
    using From = PredictionOperand::From;
    return {{"model/w", "sgd/1", {{From::Base, "model/w"}, {From::This, "opt/m"}, {From::Base, "opt/m"}}, {0.01, 0.9}},
            {"model/nowhere", "sgd/1", {{From::Base, "model/w"}, {From::This, "opt/m"}, {From::Base, "opt/m"}}, {1, 1}},
            {"opt/m", "never/1", {}, {}}};
  }

  SavePipeline::Job queue(SavePipeline& to, int64_t iteration, std::map<std::string, double> metrics = {}) {
    SavePipeline::Place* place = to.take(true);
    Slot& slot = to.slot(*place);
    add(slot, "state/model/w", weights(iteration));
    add(slot, "state/opt/m", momentum(iteration));
    add_text(slot, "record/note", std::to_string(iteration));
    CutInfo cut;
    cut.iteration = cut.step = iteration;
    cut.reason = "test";
    cut.metrics = std::move(metrics);
    const auto base = to.base_for(cut);
    const bool one_step = base && base->cut.step + 1 == cut.step;
    return to.submit(*place, cut, one_step ? predictions() : std::vector<Prediction>{}, base ? base->job : 0);
  }
  SavePipeline::Outcome save(SavePipeline& to, int64_t iteration, std::map<std::string, double> metrics = {}) {
    auto outcome = to.wait(queue(to, iteration, std::move(metrics)));
    to.flush();
    return outcome;
  }

  std::vector<int64_t> iterations(Store& store) {
    std::vector<int64_t> all;
    for (const SnapshotInfo& info : read_infos(store, "run", [](std::string_view) {}))
      all.push_back(info.cut.iteration);
    return all;
  }
  // Every snapshot that is there, by a reader who knows nothing yet.
  void expect_all_readable(Backend& backend) {
    Store reader(backend, OpenStore::MustExist);
    for (const ManifestKey& key : reader.manifests("run")) {
      const auto stored = reader.read_manifest(key);
      ASSERT_TRUE(stored);
      const auto rows = read_table(reader, *stored, 1);
      Slot slot;
      std::vector<std::span<std::byte>> room;
      for (const TableRow& row : rows) room.push_back(slot.add(row.entry));
      read_rows(
          reader, rows, [&](size_t i) { return room[i]; }, 2);
      const Floats& expected = weights(stored->manifest.info.cut.iteration);
      const auto leaves = slot.leaves();
      ASSERT_EQ(leaves[1].entry.path, "state/model/w");
      EXPECT_EQ(std::memcmp(leaves[1].bytes.data(), expected.data(), 4 * kCount), 0);
    }
  }
  size_t packs() {
    size_t count = 0;
    for (const auto& [key, bytes] : memory_.copy()) count += key.starts_with("packs/") ? 1 : 0;
    return count;
  }
};

}  // namespace cairn::test
