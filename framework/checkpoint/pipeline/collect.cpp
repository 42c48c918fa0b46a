#include "checkpoint/pipeline/collect.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <utility>

#include <cairn/error.h>

#include "base/text_bytes.h"
#include "store/canonical_json.h"
#include "store/lease.h"

namespace cairn {

namespace {

constexpr std::string_view kReadPrefix = "leases/read-";
constexpr std::chrono::hours kReadTime{1};  // a read lease that old belongs to a dead reader

int64_t milliseconds(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

bool restore_under_way(Store& store) {
  const std::vector<std::string> leases = store.keys(std::string(kReadPrefix));
  if (leases.empty()) return false;
  const auto now = time_in(store);
  for (const std::string& key : leases) {
    const auto stat = store.backend().stat(key);
    if (stat && now - stat->modified < kReadTime) return true;
    if (stat) store.backend().remove(key);
  }
  return false;
}

}  // namespace

Collected collect(Store& store, std::chrono::seconds grace, Clock::time_point now, DryRun dry_run) {
  if (restore_under_way(store)) {
    fail(Code::Unavailable, "a restore from the ", store.describe(),
         " is under way; nothing was removed. Try again later");
  }
  // Names before packs: one that was removed and is named no more is not there either. Packs before manifests: what is
  // written in between is not looked at.
  CondemnedLists lists(store);
  lists.look();
  lists.require_whole();
  const Condemned condemned = lists.named();
  const std::vector<Hash> packs = store.load_all_packs();
  Needed needed(store, condemned);
  for (const std::string& name : store.keys(manifest_prefix(""))) {
    const auto key = ManifestKey::parse(name);
    if (!key) continue;
    if (const auto stored = store.read_manifest(*key)) needed.add(*stored);
  }
  const std::set<Hash> live = needed.packs();
  if (live.empty() && !packs.empty()) {
    fail(Code::FailedPrecondition, "the ", store.describe(), " has ", packs.size(),
         " packs and no snapshot; nothing was removed. Is it copied only in part? Remove its folder when it is not "
         "wanted");
  }
  Collected out;
  for (const Hash& pack : packs) {
    if (live.contains(pack)) {
      ++out.live;
      continue;
    }
    const auto since = condemned.find(pack);
    if (since == condemned.end()) {
      out.condemned.push_back(pack);
    } else if (now - since->second < grace) {
      out.waiting.push_back(pack);
    } else {
      if (const auto stat = store.backend().stat(pack_key(pack))) out.removed_bytes += stat->size;
      out.removed.push_back(pack);
    }
  }
  if (dry_run == DryRun::Yes) return out;
  condemn(store, out.condemned, now);
  store.remove_packs(out.removed);
  lists.tidy();
  return out;
}

void RunCollector::published(const ManifestKey& key, std::vector<Hash> packs) {
  for (const Hash& pack : packs) candidates_.erase(pack);
  packs_of_[key.key()] = std::move(packs);
  newest_ = key.key();
}

void RunCollector::forget(const ManifestKey& key) {
  const std::string name = key.key();
  if (!packs_of_.contains(name)) {
    if (const auto stored = store_.read_manifest(key)) packs_of_[name] = stored->packs;
  }
  store_.remove_manifest(key);
  if (name == newest_) newest_.clear();
  for (const Hash& pack : packs_of_[name]) candidates_.insert(pack);
  packs_of_.erase(name);
}

void RunCollector::refresh(bool slept) {
  lists_.look();
  const Condemned before = std::exchange(named_, lists_.named());
  suspect();
  if (slept) {
    store_.drop_missing_packs();
    return;
  }
  for (const auto& [pack, since] : before) {
    if (!named_.contains(pack) && !store_.backend().stat(pack_key(pack))) store_.drop_pack(pack);
  }
}

// What is written from now on is in no list that is there already.
void RunCollector::suspect() {
  const std::set<std::string>& damaged = lists_.damaged();
  if (damaged.empty()) suspects_.clear();
  if (std::includes(known_damaged_.begin(), known_damaged_.end(), damaged.begin(), damaged.end())) return;
  for (const Hash& pack : store_.packs()) suspects_.insert(pack);
  known_damaged_.clear();
  std::copy_if(damaged.begin(), damaged.end(), std::inserter(known_damaged_, known_damaged_.end()), is_key_of_one_list);
}

bool RunCollector::can_count_on(const std::vector<Hash>& packs, Clock::time_point time) {
  lists_.look();
  const std::set<std::string>& damaged = lists_.damaged();
  if (!std::includes(known_damaged_.begin(), known_damaged_.end(), damaged.begin(), damaged.end())) return false;
  const Condemned named = lists_.named();
  return std::all_of(packs.begin(), packs.end(), [&](const Hash& pack) {
    const auto it = named.find(pack);
    return (it == named.end() || it->second > time) && store_.backend().stat(pack_key(pack));
  });
}

void RunCollector::read_manifests() {
  std::map<std::string, std::vector<Hash>> now;
  for (const std::string& name : store_.keys(manifest_prefix(""))) {
    const auto key = ManifestKey::parse(name);
    if (!key) continue;
    const auto known = packs_of_.find(name);
    if (known != packs_of_.end()) {
      now[name] = known->second;
    } else if (auto stored = store_.read_manifest(*key)) {
      now[name] = std::move(stored->packs);
    }
  }
  if (!newest_.empty() && !now.contains(newest_)) {
    fail(Code::Unavailable, newest_, " is missing in the listing of the ", store_.describe(), "; nothing was removed");
  }
  packs_of_ = std::move(now);
}

// What manifests say that they need is believed as long as all of that is there and nobody has named it.
std::set<Hash> RunCollector::live() {
  const std::vector<Hash> all = store_.packs();
  const std::set<Hash> there(all.begin(), all.end());
  read_manifests();
  std::set<Hash> live;
  std::vector<std::string> unsafe;
  for (const auto& [name, packs] : packs_of_) {
    const bool safe = std::all_of(packs.begin(), packs.end(),
                                  [&](const Hash& pack) { return there.contains(pack) && !named_.contains(pack); });
    if (safe) {
      live.insert(packs.begin(), packs.end());
    } else {
      unsafe.push_back(name);
    }
  }
  if (unsafe.empty()) return live;
  store_.load_all_packs();
  Needed needed(store_, named_);
  for (const std::string& name : unsafe) {
    if (const auto stored = store_.read_manifest(*ManifestKey::parse(name))) needed.add(*stored);
  }
  live.merge(needed.packs());
  return live;
}

void RunCollector::remove_due(Clock::time_point now) {
  if (mine_.empty() || restore_under_way(store_)) return;
  std::erase_if(mine_, [&](const Hash& pack) { return !named_.contains(pack); });  // another collection removed them
  std::vector<Hash> due;
  std::copy_if(mine_.begin(), mine_.end(), std::back_inserter(due),
               [&](const Hash& pack) { return now - named_.at(pack) >= grace_; });
  store_.remove_packs(due);
  for (const Hash& pack : due) mine_.erase(pack);
  lists_.tidy();
}

void RunCollector::sweep(Clock::time_point now) {
  if (candidates_.empty() && mine_.empty()) return;
  lists_.look();
  lists_.require_whole();
  named_ = lists_.named();
  const std::set<Hash> needed = live();
  for (std::set<Hash>* packs : {&candidates_, &mine_}) {
    std::erase_if(*packs, [&](const Hash& pack) { return needed.contains(pack); });
  }
  remove_due(now);
  condemn(store_, {candidates_.begin(), candidates_.end()}, now);
  mine_.merge(candidates_);
  candidates_.clear();
}

ReadLease::ReadLease(Store& store) : store_(store) {
  if (!store.backend().capabilities().leases) return;
  static std::atomic<int> count{0};
  key_ = cat(kReadPrefix, getpid(), "-", milliseconds(Clock::now()), "-", ++count, ".json");
  const std::string text = canonical_json({{"format", 1}, {"pid", getpid()}});
  try {
    store.backend().put(key_, bytes_of(text), PutMode::Replace);
    store.backend().commit(std::span(&key_, 1));
  } catch (const Error&) {
    key_.clear();  // a store that is read-only for us can still be read; it is collected by others at their risk
  }
}

ReadLease::~ReadLease() {
  if (key_.empty()) return;
  try {
    store_.backend().remove(key_);
  } catch (const std::exception&) {
    // It expires.
  }
}

}  // namespace cairn
