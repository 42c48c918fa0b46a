#include "checkpoint/checkpointer.h"

#include <algorithm>

#include "base/parallel.h"
#include "base/seconds_since.h"
#include "checkpoint/pipeline/save_pipeline.h"
#include "checkpoint/questions.h"
#include "checkpoint/restore.h"
#include "checkpoint/seen.h"
#include "state/capture.h"
#include "store/find_snapshot.h"
#include "store/run_line.h"

namespace cairn {

struct Checkpointer::Impl {
  explicit Impl(Options given) : options(std::move(given)) {
    check_run_name(options.run);
    if (options.stores.empty()) fail(Code::InvalidArgument, "a checkpointer needs at least one store");
    if (options.threads <= 0) options.threads = machine_threads();
    if (!options.clock) options.clock = [] { return std::chrono::system_clock::now(); };
    open_stores();
    stores[0]->need_keys();
    SavePipeline::Options background;
    background.run = options.run;
    background.store = stores.front().get();
    background.log = options.log;
    background.keep = options.keep;
    background.threads = options.threads;
    background.clock = options.clock;
    background.grace = options.grace;
    background.published = [this](const SnapshotInfo& info) { SeenFile(options.seen).remember(*stores[0], info); };
    for (size_t i = 1; i < options.stores.size(); ++i) {
      const StoreRef& ref = options.stores[i];
      Mirror::Options how;
      how.run = options.run;
      how.required = ref.required;
      how.bytes_per_second = ref.bytes_per_second;
      how.abandon = ref.abandon;
      how.log = options.log;
      how.keep = ref.keep;
      how.grace = options.grace;
      how.clock = options.clock;
      background.mirrors.emplace_back(ref.backend, how);
    }
    pipeline = std::make_unique<SavePipeline>(std::move(background));
  }

  std::unique_ptr<Store> open_existing(const StoreRef& ref, const std::string& uuid) {
    try {
      return std::make_unique<Store>(*ref.backend, OpenStore::MustExist, uuid, options.keys);
    } catch (const Error& error) {
      if (error.code() == Code::NotFound) return nullptr;
      throw;
    }
  }

  // Null for a mirror that is empty or away.
  void open_stores() {
    stores.resize(options.stores.size());
    stores[0] = open_existing(options.stores[0], "");
    std::string uuid = stores[0] ? stores[0]->uuid() : "";
    const bool known = stores[0] && !stores[0]->manifests(options.run).empty();
    if (known) return open_mirrors(1, stores.size(), uuid, known);
    // Each may be the first to tell which store it is.
    for (size_t i = 1; i < stores.size(); ++i) {
      open_mirrors(i, i + 1, uuid, known);
      if (stores[i]) uuid = stores[i]->uuid();
    }
    if (!stores[0]) stores[0] = make_first();
  }

  // `known`: that the run exists is known without them.
  void open_mirrors(size_t begin, size_t end, const std::string& uuid, bool known) {
    Questions<std::unique_ptr<Store>> questions(options.patience);
    for (size_t i = begin; i < end; ++i)
      questions.ask(options.stores[i].abandon, [this, i, uuid] { return open_existing(options.stores[i], uuid); });
    for (size_t i = begin; i < end; ++i) {
      const bool needed = options.stores[i].required && !known;
      try {
        stores[i] = needed ? questions.whole_answer(i - begin) : questions.answer(i - begin);
      } catch (Error& error) {
        if (!error.retryable() || needed) {
          throw error.note(cat("so it is not known whether run '", options.run,
                               "' exists there. Bring the store back, ",
                               "or say required = false in its [[checkpoint.backend]]"));
        }
        options.log->warn("the mirror ", options.stores[i].backend->describe(),
                          " is away; the run goes on without: ", error.message());
      }
    }
  }

  // An empty first store becomes one more copy of what the others are.
  std::unique_ptr<Store> make_first() {
    Backend& backend = *options.stores[0].backend;
    for (size_t i = 1; i < stores.size(); ++i) {
      if (stores[i]) return Store::mirror(backend, *stores[i]);
    }
    return std::make_unique<Store>(backend, OpenStore::CreateIfEmpty, "", options.keys);
  }

  void notice_rollback(const std::vector<ManifestKey>& keys, const Say& say) {
    const std::string trouble = SeenFile(options.seen).trouble(*stores[0], keys);
    if (trouble.empty()) return;
    const bool strict = options.keys != nullptr && options.keys->trusts_some() && !options.rollback_allowed;
    if (strict) fail(Code::FailedPrecondition, trouble, ". Nothing was changed. --allow rollback goes on all the same");
    say(trouble);
  }

  SaveOutcome save(const CutInfo& cut, const WriteTree& write, Wait wait, const Predict& predict) {
    const auto begin = std::chrono::steady_clock::now();
    SaveOutcome outcome;
    SavePipeline::Place* place = pipeline->take(wait != Wait::No);
    if (place == nullptr) {
      pipeline->count_skip();
      outcome.busy = true;
      outcome.why = "the snapshots before it are still being written";
      outcome.stall_seconds = seconds_since(begin);
      return outcome;
    }
    try {
      const auto job = capture(*place, cut, write, predict);
      outcome.kind = SaveOutcome::Kind::Queued;
      outcome.number = job;
      if (wait == Wait::Yes) finish(job, outcome);
    } catch (const Error& error) {
      if (error.code() != Code::ResourceExhausted) throw;
      leave_out(cut, error, outcome);
    }
    outcome.stall_seconds = seconds_since(begin);
    return outcome;
  }

  // There is no memory for the copy.
  void leave_out(const CutInfo& cut, const Error& error, SaveOutcome& outcome) {
    pipeline->count_skip();
    outcome.kind = SaveOutcome::Kind::Skipped;
    outcome.why = error.what();
    if (!left_out) options.log->warn("no snapshot at iteration ", cut.iteration, ": ", outcome.why);
    left_out = true;
  }

  SavePipeline::Job capture(SavePipeline::Place& place, const CutInfo& cut, const WriteTree& write,
                            const Predict& predict) {
    std::vector<Prediction> predictions;
    SavePipeline::Job from = 0;
    try {
      Slot& slot = pipeline->slot(place);
      CaptureWriter state(slot, kStatePart, copier), record(slot, kRecordPart, copier);
      write(state, record);
      const auto base = predict ? pipeline->base_for(cut) : std::nullopt;
      if (base) {
        from = base->job;
        predictions = predict(base->cut);
      }
      state.copy();
      record.copy();
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
    if (result.final) throw Error(*result.error);
    outcome.kind = SaveOutcome::Kind::Skipped;
    outcome.why = result.error->what();
  }

  // From the first store that has it; what is damaged there from the next ones. Empty when that is not possible, which
  // is said.
  std::optional<Restored> try_restore(const ManifestKey& key, RunLine& line, const Say& say) {
    std::vector<Store*> left;
    for (const auto& store : stores) {
      if (store) left.push_back(store.get());
    }
    for (; !left.empty(); left.erase(left.begin())) {
      try {
        const auto stored = left[0]->read_manifest(key);
        if (!stored) continue;
        line.saw(stored->manifest.info);
        return restore_snapshot(left, *stored, options.threads, say);
      } catch (const Error& error) {
        if (error.code() != Code::DataLoss && !error.retryable()) throw;
        say(cat("snapshot ", key.sequence, " of run '", key.run, "' in ", left[0]->describe(),
                " cannot be used: ", error.message()));
      }
    }
    return std::nullopt;
  }

  // From the first store that knows the name.
  Restored restore_named(const SnapshotName& name, const Say& say) {
    std::vector<Store*> left;
    for (const auto& store : stores) {
      if (store) left.push_back(store.get());
    }
    for (;; left.erase(left.begin())) {
      try {
        const SnapshotInfo info = find_snapshot(read_infos(*left[0], options.run, say), name);
        return restore_snapshot(left, manifest_of(*left[0], info), options.threads, say);
      } catch (const Error& error) {
        if (error.code() != Code::NotFound || left.size() == 1) throw;
      }
    }
  }

  // Of all stores; a mirror that cannot be asked is left out, which is said.
  std::vector<ManifestKey> all_keys(const Say& say) {
    Questions<std::vector<ManifestKey>> questions(options.patience);
    std::vector<Store*> asked;
    for (size_t i = 1; i < stores.size(); ++i) {
      Store* const store = stores[i].get();
      if (store == nullptr) continue;
      asked.push_back(store);
      questions.ask(options.stores[i].abandon, [this, store] { return store->manifests(options.run); });
    }
    std::vector<ManifestKey> keys = stores[0]->manifests(options.run);
    for (size_t i = 0; i < asked.size(); ++i) {
      try {
        const auto theirs = questions.answer(i);
        keys.insert(keys.end(), theirs.begin(), theirs.end());
      } catch (const Error& error) {
        if (!error.retryable()) throw;
        say(cat("the mirror ", asked[i]->describe(), " cannot be asked: ", error.message()));
      }
    }
    return keys;
  }

  Options options;
  std::vector<std::unique_ptr<Store>> stores;
  std::unique_ptr<SavePipeline> pipeline;
  Copier copier;          // of captures
  bool left_out = false;  // said once
};

Checkpointer::Checkpointer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Checkpointer::~Checkpointer() = default;

SaveOutcome Checkpointer::save(const CutInfo& cut, const WriteTree& write, Wait wait, const Predict& predict) {
  return impl_->save(cut, write, wait, predict);
}

void Checkpointer::claim() {
  impl_->pipeline->claim();
}

std::optional<Restored> Checkpointer::newest(const Say& say, const Usable& usable) {
  const auto keys = impl_->all_keys(say);
  impl_->notice_rollback(keys, say);
  int64_t generations = 0;
  for (const ManifestKey& key : keys) generations = std::max(generations, key.generation);
  RunLine line(keys);
  bool any = false, damaged = false, refused = false;
  while (const auto key = line.next()) {
    any = true;
    auto restored = impl_->try_restore(*key, line, say);
    if (restored && usable && !usable(*restored)) {
      refused = true;
    } else if (restored) {
      if (damaged) say(cat("snapshot ", key->sequence, ", an older one, is taken instead"));
      impl_->pipeline->continue_from(restored->info(), generations);
      return restored;
    } else {
      damaged = true;
    }
  }
  if (any && !refused) {
    fail(Code::DataLoss, "run '", impl_->options.run, "' has snapshots and none is intact; see the messages above");
  }
  return std::nullopt;
}

void Checkpointer::continue_from(const SnapshotInfo& info) {
  impl_->pipeline->continue_from(info);
}

std::vector<SnapshotInfo> Checkpointer::list() {
  return read_infos(*impl_->stores.front(), impl_->options.run,
                    [&](std::string_view line) { impl_->options.log->warn(line); });
}

std::optional<SnapshotInfo> Checkpointer::newest_info() {
  return cairn::newest_info(*impl_->stores.front(), impl_->options.run,
                            [&](std::string_view line) { impl_->options.log->warn(line); });
}

Restored Checkpointer::restore(const std::string& which) {
  const std::string name =
      which.starts_with("@") ? cat(impl_->options.run, which) : cat(impl_->options.run, "@id:", which);
  const auto warn = [&](std::string_view line) { impl_->options.log->warn(line); };
  int64_t generations = 0;
  const auto keys = impl_->all_keys(warn);
  impl_->notice_rollback(keys, warn);
  for (const ManifestKey& key : keys) generations = std::max(generations, key.generation);
  Restored restored = impl_->restore_named(parse_snapshot_name(name), warn);
  impl_->pipeline->continue_from(restored.info(), generations);
  return restored;
}

void Checkpointer::flush() {
  impl_->pipeline->flush();
}

void Checkpointer::drain(std::optional<std::chrono::duration<double>> most) {
  std::optional<std::chrono::steady_clock::time_point> until;
  if (most) {
    until = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(*most);
  }
  impl_->pipeline->drain(until);
}

int64_t Checkpointer::skipped() const {
  return impl_->pipeline->skipped();
}

uint64_t Checkpointer::published() const {
  return impl_->pipeline->published();
}

std::vector<std::string> Checkpointer::mirrors_behind() const {
  std::vector<std::string> names;
  for (const MirrorStatus& each : mirrors()) {
    if (each.required && each.waiting > 0) names.push_back(each.name);
  }
  return names;
}

std::vector<MirrorStatus> Checkpointer::mirrors() const {
  return impl_->pipeline->mirrors();
}

double Checkpointer::background_seconds() const {
  return impl_->pipeline->work_seconds();
}

uint64_t Checkpointer::memory_bytes() const {
  return impl_->pipeline->slot_bytes();
}

}  // namespace cairn
