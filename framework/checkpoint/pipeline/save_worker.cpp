// The background's side of the pipeline: encode, write, publish, then what follows from it.
#include <algorithm>
#include <utility>

#include <cairn/error.h>

#include "base/crash_point.h"
#include "base/parallel.h"
#include "base/priority.h"
#include "checkpoint/pipeline/maintain.h"
#include "checkpoint/pipeline/save_place.h"

namespace cairn {

namespace {

constexpr size_t kKeptOutcomes = 64;

}  // namespace

void SavePipeline::work() {
  lower_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Place& place = *queue_.front();
    queue_.pop_front();
    place.state = Place::State::Encoding;
    lock.unlock();
    run_job(place);
    lock.lock();
  }
}

void SavePipeline::run_job(Place& place) {
  const double before = cpu_seconds_of_this_thread();
  const Job job = place.job;  // a place that is free may be filled anew at once
  Outcome outcome;
  try {
    outcome = publish(place);
  } catch (const Error& error) {
    outcome.error = error;
  } catch (const std::exception& error) {
    outcome.error = Error(Code::ResourceExhausted, error.what());
  }
  const bool good = outcome.snapshot.has_value();
  report(place, outcome);
  {
    const std::lock_guard lock(mutex_);
    if (good) {
      published_ = job;
    } else {
      place.state = Place::State::Free;
      ++skipped_;
      if (outcome.final) fatal_ = outcome.error;
    }
    outcomes_[job] = std::move(outcome);
    while (outcomes_.size() > kKeptOutcomes) outcomes_.erase(outcomes_.begin());
  }
  changed_.notify_all();
  if (good) follow_up();
  {
    const std::lock_guard lock(mutex_);
    finished_ = job;
    work_seconds_ = (cpu_seconds_of_this_thread() - before) / machine_threads();
  }
  changed_.notify_all();
}

// The snapshot stands, whatever becomes of this.
void SavePipeline::follow_up() {
  try {
    ready_slots();
    apply_policy();
  } catch (const std::exception& error) {
    options_.log->warn("behind a snapshot of run '", options_.run, "': ", error.what());
  }
}

// The first of a row of failures of one kind is said in full; every further one would say the same.
void SavePipeline::report(const Place& place, const Outcome& outcome) {
  if (outcome.snapshot) {
    if (unsaid_ > 0) options_.log->info("snapshots are written again; ", unsaid_, " more were left out before");
    failing_.reset();
    unsaid_ = 0;
    return;
  }
  if (failing_ == outcome.error->code()) {
    ++unsaid_;
    return;
  }
  failing_ = outcome.error->code();
  options_.log->warn("no snapshot at iteration ", place.cut.iteration, ": ", outcome.error->what());
}

Manifest SavePipeline::next_manifest(const Place& place) {
  if (lease_.generation() == 0) lease_.claim(generations_);
  Manifest manifest;
  manifest.writer = kWriter;
  SnapshotInfo& info = manifest.info;
  info.run = options_.run;
  info.sequence = tried_ = std::max(last_ ? last_->sequence : 0, tried_) + 1;
  info.generation = lease_.generation();
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
    into.leaves.clear();
    load_tree(store, *stored, options_.threads, into.rows, into.slot);
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
  settings.unusable = [this](const Store::Place& place) { return keeper_.collector().condemned(place.pack); };
  const bool lasting = may_stay(place.cut);
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
  const auto ended_by = [](const Error& error) { return Outcome{{}, error, {}, true}; };
  crash_point(CrashPoint::Captured);
  place.slot.complete(options_.threads);
  try {
    place.leaves = place.slot.leaves();
  } catch (const Error& error) {
    return ended_by(error);
  }
  if (const auto other = lease_.refusal()) return ended_by(*other);
  Store& store = *options_.store;
  Manifest manifest = next_manifest(place);
  const auto late = [&] { return options_.steady() - refreshed_ > options_.grace / 2; };
  const bool slept = late();
  refreshed_ = options_.steady();
  keeper_.collector().refresh(slept);
  say_damaged_lists();
  WrittenTree written = write_tree(store, place.leaves, settings_for(place));
  written.describe_in(manifest);
  if (late() && !can_count_on(written.packs)) give_up(written.packs);
  crash_point(CrashPoint::Encoded);
  if (const auto other = lease_.overtaken()) return ended_by(*other);
  if (!store.publish(manifest, written.packs)) {
    return ended_by(
        Error(Code::FailedPrecondition,
              cat(manifest.key().key(), " was written by another process: two processes must not train run '",
                  options_.run, "' at once; stop one of them")));
  }
  if (late() && !can_count_on(written.packs)) {
    store.remove_manifest(manifest.key());
    give_up(written.packs);
  }
  crash_point(CrashPoint::Published);
  Outcome outcome;
  outcome.snapshot = manifest.info;
  outcome.stats = written.stats;
  tell(manifest.info);
  become_base(place, manifest, std::move(written));
  for (const auto& mirror : mirrors_) mirror->push(manifest.key());
  return outcome;
}

void SavePipeline::say_damaged_lists() {
  const std::set<std::string>& damaged = keeper_.collector().damaged_lists();
  if (std::exchange(damaged_said_, damaged) == damaged || damaged.empty()) return;
  options_.log->warn(
      *damaged.begin(), " in the ", options_.store->describe(),
      " is damaged, so that it is not known which packs are about to be removed: the next snapshot counts "
      "on none and is stored in full. Delete that object when no other process works on the store");
}

// For half a grace period from now: what was named within the last half is not removed before, and a manifest that
// stands by then keeps it for ever.
bool SavePipeline::can_count_on(const std::vector<Hash>& packs) {
  refreshed_ = options_.steady();
  return keeper_.collector().can_count_on(packs, options_.clock() - options_.grace / 2);
}

void SavePipeline::give_up(const std::vector<Hash>& packs) {
  {
    const std::lock_guard lock(mutex_);
    if (base_ != nullptr) base_->state = Place::State::Free;
    base_ = nullptr;
  }
  for (const Hash& pack : packs) options_.store->drop_pack(pack);
  fail(Code::Unavailable, "packs that the snapshot counts on were removed while this process did not run");
}

// The snapshot stands, whatever becomes of what is told.
void SavePipeline::tell(const SnapshotInfo& info) {
  if (!options_.published) return;
  try {
    options_.published(info);
  } catch (const Error& error) {
    options_.log->warn("snapshot ", info.sequence, " is published, but not remembered: ", error.what());
  }
}

void SavePipeline::become_base(Place& place, const Manifest& manifest, WrittenTree written) {
  keeper_.published(manifest.info, std::move(written.packs));
  last_ = manifest.info;
  if (stays_for_sure(place.cut)) {
    lasting_ = manifest;
    lasting_job_ = place.job;
  }
  place.rows = std::move(written.rows);
  place.predictions.clear();
  if (base_ != nullptr) base_->slot.clear();  // here it costs the training nothing
  const std::lock_guard lock(mutex_);
  if (base_ != nullptr) base_->state = Place::State::Free;
  base_ = &place;
  place.state = Place::State::Base;
}

// Free slots get the newest snapshot's size, so that no capture touches new memory.
void SavePipeline::ready_slots() {
  const uint64_t used = base_->slot.used_bytes(), wanted = used + used / 64;
  for (const auto& place : places_) {
    {
      const std::lock_guard lock(mutex_);
      if (place->state != Place::State::Free || place->slot.fits(wanted)) continue;
      place->state = Place::State::Encoding;
    }
    try {
      place->slot.reserve(wanted);
    } catch (const std::exception& error) {
      options_.log->warn("no memory is kept ready for the next snapshot: ", error.what());
    }
    give_back(*place);
  }
  if (announced_) return;
  announced_ = true;
  options_.log->info("memory for ", kSlots, " snapshots of ", wanted >> 20, " MiB each is reserved");
}

void SavePipeline::apply_policy() {
  std::set<int64_t> unmirrored;
  for (size_t i = 0; i < mirrors_.size(); ++i) {
    if (!options_.mirrors[i].second.required) continue;
    for (const ManifestKey& key : mirrors_[i]->waiting()) unmirrored.insert(key.sequence);
  }
  keeper_.apply(unmirrored);
}

}  // namespace cairn
