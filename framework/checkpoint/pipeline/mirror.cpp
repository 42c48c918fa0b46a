#include "checkpoint/pipeline/mirror.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/priority.h"
#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/copy_marks.h"
#include "store/marks.h"

namespace cairn {

using SteadyClock = std::chrono::steady_clock;

Mirror::Mirror(Store& from, Backend& to, Options options)
    : from_(from),
      backend_(to, options.bytes_per_second, real_waiting(options.abandon)),
      options_(std::move(options)),
      pause_(options_.first_pause),
      next_alarm_(options_.alarm_after) {
  status_.name = to.describe();
  status_.required = options_.required;
  for (const ManifestKey& key : from_.manifests(options_.run)) queue_.push_back({key, SteadyClock::now()});
  thread_ = std::thread([this] { work(); });
}

Mirror::~Mirror() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Mirror::push(const ManifestKey& key) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({key, SteadyClock::now()});
  }
  changed_.notify_all();
}

std::vector<ManifestKey> Mirror::waiting() const {
  const std::lock_guard lock(mutex_);
  std::vector<ManifestKey> keys;
  for (const Waiting& each : queue_) keys.push_back(each.key);
  return keys;
}

MirrorStatus Mirror::status() const {
  const std::lock_guard lock(mutex_);
  MirrorStatus out = status_;
  out.waiting = queue_.size();
  out.sending = busy_ && compared_ && !queue_.empty();
  for (const Waiting& each : queue_) {
    const std::chrono::duration<double> age = SteadyClock::now() - each.since;
    out.behind_seconds = std::max(out.behind_seconds, age.count());
  }
  return out;
}

bool Mirror::drain(std::optional<SteadyClock::time_point> until) {
  std::unique_lock lock(mutex_);
  const int64_t begun = attempts_;
  hurry_ = true;
  changed_.notify_all();
  const auto over = [&] { return stop_ || (queue_.empty() && compared_ && !busy_) || failed_attempt_ > begun; };
  const bool in_time = until ? changed_.wait_until(lock, *until, over) : (changed_.wait(lock, over), true);
  hurry_ = false;
  if (!in_time) {
    stop_ = true;
    if (options_.abandon != nullptr) *options_.abandon = true;
    changed_.notify_all();
  }
  return queue_.empty() && compared_;
}

void Mirror::work() {
  lower_priority();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, options_.alarm_after, [&] { return stop_ || !compared_ || !queue_.empty(); });
    if (stop_) return;
    if (compared_ && queue_.empty()) continue;
    const std::optional<ManifestKey> key = queue_.empty() ? std::nullopt : std::optional(queue_.back().key);
    busy_ = true;
    ++attempts_;
    lock.unlock();
    attempt(key);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
    alarm();
    if (failed_attempt_ != attempts_) continue;
    changed_.wait_for(lock, pause_, [&] { return stop_ || hurry_; });
    pause_ = std::min(2 * pause_, options_.longest_pause);
  }
}

// Opens and compares, the first time; then sends one snapshot.
void Mirror::attempt(const std::optional<ManifestKey>& key) {
  try {
    if (to_ == nullptr) {
      open();
      return;
    }
    send(*key);
  } catch (const Error& error) {
    failed(error);
    if (error.code() == Code::NotFound && key && is_forgotten(*key)) {
      const std::lock_guard lock(mutex_);  // forgotten before it could be copied
      std::erase_if(queue_, [&](const Waiting& each) { return each.key == *key; });
      status_.trouble.clear();
    }
  } catch (const std::exception& error) {
    failed(Error(Code::Internal, error.what()));
  }
}

// False when that cannot be known now.
bool Mirror::is_forgotten(const ManifestKey& key) {
  try {
    return !from_.backend().stat(key.key());
  } catch (const std::exception&) {
    return false;  // it waits for its next turn
  }
}

void Mirror::send(const ManifestKey& key) {
  const bool policy = !options_.keep.keeps_all();
  const MarkedSnapshots marks = policy ? marked_snapshots(from_) : MarkedSnapshots();
  if (policy) {
    drop_unwanted(marks);
    if (!is_waiting(key)) return;
  }
  Copied done = copy_snapshot(from_, *to_, key);
  const bool readable = to_->read_manifest(key).has_value();
  if (!readable) fail(Code::Unavailable, key.key(), " was written and cannot be read back");
  if (waiting().size() == 1) send_marks(*to_);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(queue_, [&](const Waiting& each) { return each.key == key; });
    ++status_.received;
    status_.received_bytes += done.bytes;
    status_.trouble.clear();
    pause_ = options_.first_pause;
    next_alarm_ = options_.alarm_after;
  }
  if (!policy) return;
  keeper_->published(done.info, std::move(done.needed));
  keeper_->apply({}, marks);
}

// The mirror's list is asked for only when there is something new here.
void Mirror::send_marks(Store& to) {
  std::vector<std::string> here = from_.keys(std::string(kMarkPrefix));
  if (here == marks_) return;
  copy_marks(from_, to);
  marks_ = std::move(here);
}

bool Mirror::is_waiting(const ManifestKey& key) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(queue_.begin(), queue_.end(), [&](const Waiting& each) { return each.key == key; });
}

// Null when it went away, or is damaged: that is said when its turn comes.
const SnapshotInfo* Mirror::info_of(const ManifestKey& key) {
  const auto known = infos_.find(key.key());
  if (known != infos_.end()) return &known->second;
  try {
    auto stored = from_.read_manifest(key);
    return stored ? &infos_.emplace(key.key(), std::move(stored->manifest.info)).first->second : nullptr;
  } catch (const Error& error) {
    if (error.code() != Code::DataLoss) throw;
    return nullptr;
  }
}

// After a time away, and where it once had and forgot some, only what the policy keeps is worth sending.
void Mirror::drop_unwanted(const MarkedSnapshots& marks) {
  std::vector<SnapshotInfo> coming;
  for (const ManifestKey& key : from_.manifests(options_.run)) {
    if (!is_waiting(key)) {
      infos_.erase(key.key());
    } else if (const SnapshotInfo* info = info_of(key)) {
      coming.push_back(*info);
    }
  }
  const std::vector<SnapshotInfo> unwanted = keeper_->unwanted(coming, marks);
  const std::lock_guard lock(mutex_);
  std::erase_if(queue_, [&](const Waiting& each) {
    return std::any_of(unwanted.begin(), unwanted.end(),
                       [&](const SnapshotInfo& info) { return each.key == key_of(info); });
  });
}

void Mirror::open() {
  auto store = Store::mirror(backend_, from_);
  const auto theirs = store->manifests(options_.run);
  const auto lacks = [&](const ManifestKey& key) {
    return std::find(theirs.begin(), theirs.end(), key) == theirs.end();
  };
  const auto all = waiting();
  if (std::none_of(all.begin(), all.end(), lacks)) send_marks(*store);
  to_ = std::move(store);
  keeper_ = std::make_unique<LineKeeper>(
      *to_, LineKeeper::Options{options_.run, options_.keep, options_.grace, options_.log, options_.clock});
  const std::lock_guard lock(mutex_);
  std::erase_if(queue_, [&](const Waiting& each) { return !lacks(each.key); });
  compared_ = true;
  status_.trouble.clear();
}

void Mirror::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  failed_attempt_ = attempts_;
  if (status_.trouble == error.message()) return;
  status_.trouble = error.message();
  if (error.code() == Code::Cancelled || error.code() == Code::NotFound) return;
  options_.log->warn("the mirror ", status_.name, " lacks ", queue_.size(), " snapshots of run '", options_.run,
                     "': ", error.what(), "; it is tried again");
}

// The caller holds the mutex.
void Mirror::alarm() {
  if (queue_.empty()) return;
  const auto behind = SteadyClock::now() - queue_.front().since;
  if (behind < next_alarm_) return;
  next_alarm_ *= 2;
  options_.log->warn("the mirror ", status_.name, " is behind by ", queue_.size(), " snapshots, for ",
                     std::chrono::duration_cast<std::chrono::seconds>(behind).count(), " s",
                     status_.trouble.empty() ? "" : ": ", status_.trouble);
}

}  // namespace cairn
