// The callers' side; save_worker.cpp is what happens in the background.
#include "checkpoint/pipeline/save_pipeline.h"

#include <algorithm>

#include <cairn/error.h>

#include "checkpoint/pipeline/save_place.h"

namespace cairn {

SavePipeline::SavePipeline(Options options)
    : options_(std::move(options)),
      lease_(*options_.store, options_.run, *options_.log, options_.renew_every),
      keeper_(*options_.store,
              {options_.run, options_.keep, options_.grace, options_.log, options_.clock, options_.steady}) {
  for (auto& place : places_) place = std::make_unique<Place>();
  for (const auto& [backend, how] : options_.mirrors) {
    mirrors_.push_back(std::make_unique<Mirror>(*options_.store, *backend, how));
  }
  refreshed_ = options_.steady();
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
    lease_.release();
  } catch (const std::exception& error) {
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

// With a policy, what may stay is encoded against what stays for sure, so that forgetting the others frees their space.
bool SavePipeline::stays_for_sure(const CutInfo& cut) const {
  const KeepPolicy& keep = options_.keep;
  if (keep.keeps_all()) return false;
  if (keep.every_iterations > 0 && cut.iteration % keep.every_iterations == 0) return true;
  return keep.every_epochs > 0 && (cut.epoch + 1) % keep.every_epochs == 0 &&
         (!cut.metrics.empty() || cut.reason.find("epoch") != std::string::npos);
}

bool SavePipeline::may_stay(const CutInfo& cut) const {
  return stays_for_sure(cut) || (!options_.keep.best.empty() && !cut.metrics.empty());
}

std::optional<SavePipeline::Base> SavePipeline::base_for(const CutInfo& cut) {
  const std::lock_guard lock(mutex_);
  return may_stay(cut) && newest_lasting_ ? newest_lasting_ : newest_;
}

SavePipeline::Job SavePipeline::submit(Place& place, const CutInfo& cut, std::vector<Prediction> predictions,
                                       Job predicted_from) {
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
    if (stays_for_sure(cut)) newest_lasting_ = newest_;
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
  generations_ = std::max(generations_, generations);
  const int64_t held = lease_.generation();
  if (held != 0 && (generation_start_ != 0 || held <= generations_)) lease_.claim(generations_);
  generation_start_ = tried_ = 0;
  if (base_ != nullptr) base_->state = Place::State::Free;
  base_ = nullptr;
  lasting_.reset();
  keeper_.read_again();
  newest_.reset();
  newest_lasting_.reset();
}

void SavePipeline::claim() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return finished_ == submitted_; });
  if (lease_.generation() == 0) lease_.claim(generations_);
}

int64_t SavePipeline::skipped() const {
  const std::lock_guard lock(mutex_);
  return skipped_;
}

SavePipeline::Job SavePipeline::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

void SavePipeline::count_skip() {
  const std::lock_guard lock(mutex_);
  ++skipped_;
}

double SavePipeline::work_seconds() const {
  const std::lock_guard lock(mutex_);
  return work_seconds_;
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

}  // namespace cairn
