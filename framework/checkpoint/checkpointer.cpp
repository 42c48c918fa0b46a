#include "checkpoint/checkpointer.h"

#include <algorithm>

#include "base/parallel.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "checkpoint/restore.h"
#include "state/capture.h"
#include "store/find_snapshot.h"
#include "store/run_line.h"

namespace cairn {

namespace {

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

struct Checkpointer::Impl {
  explicit Impl(Options given) : options(std::move(given)) {
    check_run_name(options.run);
    if (options.stores.empty()) fail(Code::InvalidArgument, "a checkpointer needs at least one store");
    if (options.threads <= 0) options.threads = machine_threads();
    if (!options.clock) options.clock = [] { return std::chrono::system_clock::now(); };
    for (const StoreRef& ref : options.stores) {
      const std::string uuid = stores.empty() ? "" : stores.front()->uuid();
      stores.push_back(std::make_unique<Store>(*ref.backend, OpenStore::CreateIfEmpty, uuid));
    }
    SavePipeline::Options background{
        options.run, {}, options.log, options.keep, options.threads, options.clock, options.grace, kDefaultDepth};
    for (size_t i = 0; i < stores.size(); ++i)
      background.targets.push_back({stores[i].get(), options.stores[i].required});
    pipeline = std::make_unique<SavePipeline>(std::move(background));
  }

  SaveOutcome save(const CutInfo& cut, const WriteTree& write, Wait wait, const Predict& predict) {
    const auto begin = std::chrono::steady_clock::now();
    SaveOutcome outcome;
    SavePipeline::Place* place = pipeline->take(wait != Wait::No);
    if (place == nullptr) {
      pipeline->count_skip();
      outcome.why = "the snapshots before it are still being written";
      outcome.stall_seconds = seconds_since(begin);
      return outcome;
    }
    const auto job = capture(*place, cut, write, predict);
    outcome.kind = SaveOutcome::Kind::Queued;
    if (wait == Wait::Yes) finish(job, outcome);
    outcome.stall_seconds = seconds_since(begin);
    return outcome;
  }

  SavePipeline::Job capture(SavePipeline::Place& place, const CutInfo& cut, const WriteTree& write,
                            const Predict& predict) {
    std::vector<Prediction> predictions;
    SavePipeline::Job from = 0;
    try {
      Slot& slot = pipeline->slot(place);
      CaptureWriter state(slot, kStatePart), record(slot, kRecordPart);
      write(state, record);
      state.copy();
      record.copy();
      const auto base = predict ? pipeline->base_for(cut) : std::nullopt;
      if (base) {
        from = base->job;
        predictions = predict(base->cut);
      }
    } catch (...) {
      pipeline->give_back(place);
      throw;
    }
    return pipeline->submit(place, cut, std::move(predictions), from);
  }

  void finish(SavePipeline::Job job, SaveOutcome& outcome) {
    const SavePipeline::Outcome result = pipeline->wait(job);
    if (result.snapshot) {
      outcome.kind = SaveOutcome::Kind::Published;
      outcome.snapshot = *result.snapshot;
      return;
    }
    if (result.error->code() == Code::FailedPrecondition) throw Error(*result.error);
    outcome.kind = SaveOutcome::Kind::Skipped;
    outcome.why = result.error->what();
  }

  // From the first store that has it intact; empty when all that have it are damaged, which is said.
  std::optional<Restored> try_restore(const ManifestKey& key, RunLine& line, const Say& say) {
    for (const auto& store : stores) {
      try {
        const auto stored = store->read_manifest(key);
        if (!stored) continue;
        line.saw(stored->manifest.info);
        return restore_snapshot(*store, *stored, options.threads);
      } catch (const Error& error) {
        if (error.code() != Code::DataLoss && !error.retryable()) throw;
        say(cat("snapshot ", key.sequence, " of run '", key.run, "' in ", store->describe(),
                " cannot be used: ", error.message()));
      }
    }
    return std::nullopt;
  }

  std::vector<ManifestKey> all_keys() {
    std::vector<ManifestKey> keys;
    for (const auto& store : stores) {
      const auto theirs = store->manifests(options.run);
      keys.insert(keys.end(), theirs.begin(), theirs.end());
    }
    return keys;
  }

  Options options;
  std::vector<std::unique_ptr<Store>> stores;
  std::unique_ptr<SavePipeline> pipeline;
};

Checkpointer::Checkpointer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Checkpointer::~Checkpointer() = default;

SaveOutcome Checkpointer::save(const CutInfo& cut, const WriteTree& write, Wait wait, const Predict& predict) {
  return impl_->save(cut, write, wait, predict);
}

void Checkpointer::claim() {
  impl_->pipeline->claim();
}

std::optional<Restored> Checkpointer::newest(const Say& say) {
  RunLine line(impl_->all_keys());
  bool any = false, damaged = false;
  while (const auto key = line.next()) {
    any = true;
    if (auto restored = impl_->try_restore(*key, line, say)) {
      if (damaged) say(cat("snapshot ", key->sequence, ", an older one, is taken instead"));
      impl_->pipeline->continue_from(restored->info());
      return restored;
    }
    damaged = true;
  }
  if (any) {
    fail(Code::DataLoss, "run '", impl_->options.run, "' has snapshots and none is intact; see the messages above");
  }
  return std::nullopt;
}

std::vector<SnapshotInfo> Checkpointer::list() {
  return read_infos(*impl_->stores.front(), impl_->options.run,
                    [&](std::string_view line) { impl_->options.log->warn(line); });
}

Restored Checkpointer::restore(const std::string& which) {
  const std::string name =
      which.starts_with("@") ? cat(impl_->options.run, which) : cat(impl_->options.run, "@id:", which);
  Store& store = *impl_->stores.front();
  const auto ignore = [](std::string_view) {};
  const SnapshotInfo info = find_snapshot(read_infos(store, impl_->options.run, ignore), parse_snapshot_name(name));
  const auto stored = store.read_manifest({info.run, info.sequence, info.generation});
  if (!stored) fail(Code::NotFound, "snapshot ", info.id, " was removed meanwhile");
  Restored restored = restore_snapshot(store, *stored, impl_->options.threads);
  impl_->pipeline->continue_from(restored.info());
  return restored;
}

void Checkpointer::flush() {
  impl_->pipeline->flush();
}

int64_t Checkpointer::skipped() const {
  return impl_->pipeline->skipped();
}

std::vector<std::string> Checkpointer::mirrors_behind() const {
  return impl_->pipeline->mirrors_behind();
}

uint64_t Checkpointer::memory_bytes() const {
  return impl_->pipeline->slot_bytes();
}

}  // namespace cairn
