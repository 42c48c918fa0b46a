#include "checkpoint/checkpointer.h"

#include <algorithm>

#include "base/parallel.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_encoder.h"
#include "checkpoint/restore.h"
#include "state/capture.h"
#include "store/find_snapshot.h"
#include "store/generation.h"
#include "store/run_line.h"

namespace cairn {

namespace {

constexpr const char* kWriter = "cairn 1.0.0";

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
  }

  // The manifest of what was captured; everything but what the encoder finds out.
  Manifest next_manifest(const CutInfo& cut) {
    if (generation == 0) generation = claim_generation(*stores.front(), options.run);
    Manifest manifest;
    manifest.writer = kWriter;
    SnapshotInfo& info = manifest.info;
    info.run = options.run;
    info.sequence = last ? last->sequence + 1 : 1;
    info.generation = generation;
    if (generation_start == 0) generation_start = info.sequence;
    info.generation_start = generation_start;
    info.parent = last ? last->id : "";
    info.created = options.clock();
    info.cut = cut;
    return manifest;
  }

  Manifest publish(Store& store, Manifest manifest) {
    const WrittenTree written = write_tree(store, leaves, options.threads);
    manifest.info.digest = written.digest;
    manifest.info.size_bytes = written.size_bytes;
    manifest.info.entries = written.entries;
    manifest.parts = {written.part};
    if (!store.publish(manifest, written.packs)) {
      fail(Code::FailedPrecondition, manifest.key().key(),
           " was written by another process: two processes must not train run '", options.run,
           "' at once; stop one of them");
    }
    return manifest;
  }

  void mirror(const Manifest& manifest) {
    for (size_t i = 1; i < stores.size(); ++i) {
      try {
        publish(*stores[i], manifest);
      } catch (const Error& error) {
        options.log->warn("snapshot ", manifest.info.sequence, " did not reach ", stores[i]->describe(), ": ",
                          error.what());
      }
    }
  }

  SaveOutcome save(const CutInfo& cut, const WriteTree& write) {
    const auto begin = std::chrono::steady_clock::now();
    slot.clear();
    CaptureWriter state(slot, kStatePart), record(slot, kRecordPart);
    write(state, record);
    state.copy();
    record.copy();
    leaves = slot.leaves();
    SaveOutcome outcome;
    try {
      const Manifest manifest = publish(*stores.front(), next_manifest(cut));
      outcome.kind = SaveOutcome::Kind::Published;
      outcome.snapshot = manifest.info;
      last = manifest.info;
      mirror(manifest);
    } catch (const Error& error) {
      if (error.code() == Code::FailedPrecondition) throw;
      outcome.why = error.what();
      ++skipped;
      options.log->warn("no snapshot at iteration ", cut.iteration, ": ", error.what());
    }
    leaves.clear();
    outcome.stall_seconds = seconds_since(begin);
    return outcome;
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

  void continue_from(const SnapshotInfo& info) {
    last = info;
    generation = 0;
    generation_start = 0;
  }

  Options options;
  std::vector<std::unique_ptr<Store>> stores;
  std::optional<SnapshotInfo> last;
  int64_t generation = 0;        // 0: not claimed yet
  int64_t generation_start = 0;  // 0: nothing published yet
  int64_t skipped = 0;
  Slot slot;
  std::vector<TreeLeaf> leaves;  // into slot
};

Checkpointer::Checkpointer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Checkpointer::~Checkpointer() = default;

SaveOutcome Checkpointer::save(const CutInfo& cut, const WriteTree& write, Wait) {
  return impl_->save(cut, write);
}

std::optional<Restored> Checkpointer::newest(const Say& say) {
  RunLine line(impl_->all_keys());
  bool any = false, damaged = false;
  while (const auto key = line.next()) {
    any = true;
    if (auto restored = impl_->try_restore(*key, line, say)) {
      if (damaged) say(cat("snapshot ", key->sequence, ", an older one, is taken instead"));
      impl_->continue_from(restored->info());
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
  impl_->continue_from(restored.info());
  return restored;
}

void Checkpointer::flush() {}
int64_t Checkpointer::skipped() const {
  return impl_->skipped;
}

}  // namespace cairn
