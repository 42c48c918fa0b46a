#include "checkpoint/pipeline/save_pipeline.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/crash_point.h"
#include "base/priority.h"
#include "checkpoint/pipeline/retention_items.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/find_snapshot.h"
#include "store/marks.h"

namespace cairn {

namespace {

constexpr size_t kKeptOutcomes = 64;
constexpr std::chrono::seconds kRenewEvery{30};

}  // namespace

struct SavePipeline::Place {
  enum class State { Free, Captured, Queued, Encoding, Base } state = State::Free;
  Slot slot;
  std::vector<TreeLeaf> leaves;
  std::vector<TableRow> rows;  // of a base
  CutInfo cut;
  std::vector<Prediction> predictions;
  Job predicted_from = 0;
  Job job = 0;
};

SavePipeline::SavePipeline(Options options)
    : options_(std::move(options)), collector_(*options_.store, options_.grace) {
  for (auto& place : places_) place = std::make_unique<Place>();
  for (const auto& [backend, how] : options_.mirrors) {
    mirrors_.push_back(std::make_unique<Mirror>(*options_.store, *backend, how));
  }
  renewed_ = swept_ = refreshed_ = std::chrono::steady_clock::now();
  thread_ = std::thread([this] { work(); });
}

SavePipeline::~SavePipeline() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
  try {
    for (const auto& mirror : mirrors_) mirror->drain(std::nullopt);
    if (lease_) lease_->release();
  } catch (const Error& error) {
    options_.log->warn("the lease of run '", options_.run, "' could not be given back: ", error.what());
  }
}

SavePipeline::Place* SavePipeline::take(bool wait) {
  std::unique_lock lock(mutex_);
  const auto find = [&]() -> Place* {
    for (const auto& place : places_) {
      if (place->state == Place::State::Free) return place.get();
    }
    return nullptr;
  };
  Place* place = nullptr;
  changed_.wait(lock, [&] { return fatal_ || (place = find()) != nullptr || !wait; });
  if (fatal_) throw Error(*fatal_);
  if (place == nullptr) return nullptr;
  place->state = Place::State::Captured;
  place->slot.clear();
  return place;
}

Slot& SavePipeline::slot(Place& place) {
  return place.slot;
}

void SavePipeline::give_back(Place& place) {
  {
    const std::lock_guard lock(mutex_);
    place.state = Place::State::Free;
  }
  changed_.notify_all();
}

// With a policy, what stays is encoded against what stays, so that forgetting the others frees their space.
bool SavePipeline::stays_long(const CutInfo& cut) const {
  const KeepPolicy& keep = options_.keep;
  if (keep.keeps_all()) return false;
  if (keep.every_iterations > 0 && cut.iteration % keep.every_iterations == 0) return true;
  if (!keep.best.empty() && !cut.metrics.empty()) return true;
  return keep.every_epochs > 0 && (!cut.metrics.empty() || cut.reason.find("epoch") != std::string::npos);
}

std::optional<SavePipeline::Base> SavePipeline::base_for(const CutInfo& cut) {
  const std::lock_guard lock(mutex_);
  return stays_long(cut) && newest_lasting_ ? newest_lasting_ : newest_;
}

SavePipeline::Job SavePipeline::submit(Place& place, const CutInfo& cut, std::vector<Prediction> predictions,
                                       Job predicted_from) {
  try {
    place.leaves = place.slot.leaves();
  } catch (...) {
    give_back(place);
    throw;
  }
  place.cut = cut;
  place.predictions = std::move(predictions);
  place.predicted_from = predicted_from;
  Job job = 0;
  {
    const std::lock_guard lock(mutex_);
    place.job = job = ++submitted_;
    place.state = Place::State::Queued;
    queue_.push_back(&place);
    newest_ = Base{job, cut};
    if (stays_long(cut)) newest_lasting_ = newest_;
  }
  changed_.notify_all();
  return job;
}

SavePipeline::Outcome SavePipeline::wait(Job job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return outcomes_.contains(job); });
  return outcomes_.at(job);
}

void SavePipeline::flush() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finished_ == submitted_; });
  }
}

void SavePipeline::drain(std::optional<std::chrono::steady_clock::time_point> until) {
  flush();
  for (const auto& mirror : mirrors_) mirror->drain(until);
}

void SavePipeline::continue_from(const SnapshotInfo& info, int64_t generations) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return finished_ == submitted_; });
  last_ = info;
  generations_ = generations;
  if (generation_start_ != 0) lease_.reset();
  generation_start_ = tried_ = 0;
  if (base_ != nullptr) base_->state = Place::State::Free;
  base_ = nullptr;
  lasting_.reset();
  line_.reset();
  newest_.reset();
  newest_lasting_.reset();
}

void SavePipeline::claim() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return finished_ == submitted_; });
  if (!lease_)
    lease_ = std::make_unique<WriterLease>(
        WriterLease::claim(*options_.store, options_.run, LeaseOwner::self(), generations_));
}

int64_t SavePipeline::skipped() const {
  const std::lock_guard lock(mutex_);
  return skipped_;
}

void SavePipeline::count_skip() {
  const std::lock_guard lock(mutex_);
  ++skipped_;
}

std::vector<MirrorStatus> SavePipeline::mirrors() const {
  std::vector<MirrorStatus> all;
  for (const auto& mirror : mirrors_) all.push_back(mirror->status());
  return all;
}

uint64_t SavePipeline::slot_bytes() const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const auto& place : places_) bytes += place->slot.capacity_bytes();
  return bytes;
}

void SavePipeline::work() {
  lower_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, kRenewEvery, [&] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) {
      if (stop_) return;
      lock.unlock();
      keep_lease();
      lock.lock();
      continue;
    }
    Place& place = *queue_.front();
    queue_.pop_front();
    place.state = Place::State::Encoding;
    lock.unlock();
    run_job(place);
    lock.lock();
  }
}

void SavePipeline::run_job(Place& place) {
  Outcome outcome;
  try {
    outcome = publish(place);
  } catch (const Error& error) {
    outcome.error = error;
  } catch (const std::exception& error) {
    outcome.error = Error(Code::ResourceExhausted, error.what());
  }
  const bool good = outcome.snapshot.has_value();
  {
    const std::lock_guard lock(mutex_);
    if (!good) {
      place.state = Place::State::Free;
      ++skipped_;
      options_.log->warn("no snapshot at iteration ", place.cut.iteration, ": ", outcome.error->what());
      if (outcome.error->code() == Code::FailedPrecondition) fatal_ = outcome.error;
    }
    outcomes_[place.job] = std::move(outcome);
    while (outcomes_.size() > kKeptOutcomes) outcomes_.erase(outcomes_.begin());
  }
  changed_.notify_all();
  if (good) {
    ready_slots();
    apply_policy();
  }
  keep_lease();
  {
    const std::lock_guard lock(mutex_);
    finished_ = place.job;
  }
  changed_.notify_all();
}

Manifest SavePipeline::next_manifest(const Place& place) {
  Store& store = *options_.store;
  if (!lease_)
    lease_ = std::make_unique<WriterLease>(WriterLease::claim(store, options_.run, LeaseOwner::self(), generations_));
  Manifest manifest;
  manifest.writer = kWriter;
  SnapshotInfo& info = manifest.info;
  info.run = options_.run;
  info.sequence = tried_ = std::max(last_ ? last_->sequence : 0, tried_) + 1;
  info.generation = lease_->generation();
  if (generation_start_ == 0) generation_start_ = info.sequence;
  info.generation_start = generation_start_;
  info.parent = last_ ? last_->id : "";
  info.created = options_.clock();
  info.cut = place.cut;
  return manifest;
}

// Reads a published snapshot's bytes into a slot, so that it can be a base again.
bool SavePipeline::load_base(Place& into, const ManifestKey& key) {
  try {
    Store& store = *options_.store;
    const auto stored = store.read_manifest(key);
    if (!stored) return false;
    into.slot.clear();
    into.leaves.clear();
    into.rows = read_table(store, *stored, options_.threads);
    std::vector<std::span<std::byte>> room;
    for (const TableRow& row : into.rows) room.push_back(into.slot.add(row.entry));
    read_rows(
        store, into.rows, [&](size_t i) { return room[i]; }, options_.threads);
    into.leaves = into.slot.leaves();
    into.job = lasting_job_;
    return true;
  } catch (const Error& error) {
    options_.log->warn("snapshot ", key.sequence, " cannot be the base of another: ", error.message());
    return false;
  }
}

EncodeSettings SavePipeline::settings_for(Place& place) {
  EncodeSettings settings;
  settings.threads = options_.threads;
  settings.most_depth = options_.most_depth;
  settings.unusable = [this](const Store::Place& place) { return collector_.condemned(place.pack); };
  const bool lasting = stays_long(place.cut);
  if (lasting) settings.most_depth = static_cast<uint16_t>(options_.most_depth / 2);
  if (lasting && lasting_ && base_ != nullptr && base_->job != lasting_job_) {
    if (!load_base(*base_, lasting_->key())) {
      const std::lock_guard lock(mutex_);
      base_->state = Place::State::Free;
      base_ = nullptr;
    }
  }
  if (base_ != nullptr && !(lasting && !lasting_)) {
    settings.base = {base_->leaves, base_->rows};
    if (place.predicted_from == base_->job) settings.predictions = place.predictions;
  }
  return settings;
}

SavePipeline::Outcome SavePipeline::publish(Place& place) {
  crash_point(CrashPoint::Captured);
  Store& store = *options_.store;
  Manifest manifest = next_manifest(place);
  const auto before = std::chrono::steady_clock::now();
  const bool slept = before - refreshed_ > options_.grace / 2;
  collector_.refresh();
  refreshed_ = before;
  WrittenTree written = write_tree(store, place.leaves, settings_for(place));
  manifest.info.digest = written.digest;
  manifest.info.size_bytes = written.size_bytes;
  manifest.info.entries = written.entries;
  manifest.parts = {written.part};
  if ((slept || std::chrono::steady_clock::now() - before > options_.grace / 2) &&
      !collector_.all_there(written.packs)) {
    const std::lock_guard lock(mutex_);
    if (base_ != nullptr) base_->state = Place::State::Free;
    base_ = nullptr;
    for (const Hash& pack : written.packs) store.drop_pack(pack);
    fail(Code::Unavailable, "packs that the snapshot counts on were removed while this process did not run");
  }
  crash_point(CrashPoint::Encoded);
  lease_->check();
  if (!store.publish(manifest, written.packs)) {
    fail(Code::FailedPrecondition, manifest.key().key(),
         " was written by another process: two processes must not train run '", options_.run,
         "' at once; stop one of them");
  }
  crash_point(CrashPoint::Published);
  Outcome outcome;
  outcome.snapshot = manifest.info;
  outcome.stats = written.stats;
  become_base(place, manifest, std::move(written));
  for (const auto& mirror : mirrors_) mirror->push(manifest.key());
  return outcome;
}

void SavePipeline::become_base(Place& place, const Manifest& manifest, WrittenTree written) {
  collector_.published(manifest.key(), std::move(written.packs));
  last_ = manifest.info;
  if (line_) line_->push_back(manifest.info);
  if (stays_long(place.cut)) {
    lasting_ = manifest;
    lasting_job_ = place.job;
  }
  place.rows = std::move(written.rows);
  const std::lock_guard lock(mutex_);
  if (base_ != nullptr) base_->state = Place::State::Free;
  base_ = &place;
  place.state = Place::State::Base;
}

// Free slots get the newest snapshot's size, so that no capture touches new memory.
void SavePipeline::ready_slots() {
  const uint64_t wanted = base_->slot.capacity_bytes();
  for (const auto& place : places_) {
    {
      const std::lock_guard lock(mutex_);
      if (place->state != Place::State::Free || place->slot.capacity_bytes() >= wanted) continue;
      place->state = Place::State::Encoding;
    }
    place->slot.clear();
    place->slot.reserve(wanted);
    give_back(*place);
  }
  if (announced_) return;
  announced_ = true;
  options_.log->info("snapshots: ", kSlots, " slots of ", wanted >> 20, " MiB each are reserved");
}

void SavePipeline::read_line() {
  if (line_) return;
  line_ = line_of(read_infos(*options_.store, options_.run, [&](std::string_view line) { options_.log->warn(line); }));
}

void SavePipeline::apply_policy() {
  if (options_.keep.keeps_all()) return;
  try {
    Store& store = *options_.store;
    read_line();
    std::set<int64_t> unmirrored;
    for (size_t i = 0; i < mirrors_.size(); ++i) {
      if (!options_.mirrors[i].second.required) continue;
      for (const ManifestKey& key : mirrors_[i]->waiting()) unmirrored.insert(key.sequence);
    }
    const auto items = retention_items(*line_, marked_snapshots(store), unmirrored);
    const auto verdicts = decide(items, options_.keep, options_.clock());
    std::vector<SnapshotInfo> stay;
    for (size_t i = 0; i < items.size(); ++i) {
      SnapshotInfo& info = (*line_)[i];
      if (stays(verdicts[i])) {
        stay.push_back(std::move(info));
      } else {
        collector_.forget({info.run, info.sequence, info.generation});
      }
    }
    line_ = std::move(stay);
    const auto now = std::chrono::steady_clock::now();
    if (now - swept_ >= options_.grace / 4) {
      swept_ = now;
      collector_.sweep(options_.clock());
    }
  } catch (const Error& error) {
    line_.reset();
    options_.log->warn("the policy of run '", options_.run, "' could not be applied: ", error.what());
  }
}

void SavePipeline::keep_lease() {
  const auto now = std::chrono::steady_clock::now();
  if (!lease_ || now - renewed_ < kRenewEvery) return;
  renewed_ = now;
  try {
    lease_->renew();
  } catch (const Error& error) {
    options_.log->warn("the lease of run '", options_.run, "' could not be renewed: ", error.what());
  }
}

}  // namespace cairn
