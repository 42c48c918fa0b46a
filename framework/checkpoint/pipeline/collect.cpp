#include "checkpoint/pipeline/collect.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include <cairn/error.h>

#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "store/canonical_json.h"

namespace cairn {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = "gc/";
constexpr std::string_view kReadPrefix = "leases/read-";
constexpr uint64_t kLargestList = 16u << 20;
constexpr std::chrono::hours kReadTime{1};  // a read lease that old belongs to a dead reader

int64_t milliseconds(Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::vector<std::pair<Hash, Clock::time_point>> read_list(Store& store, const std::string& key) {
  const auto bytes = store.backend().get(key, {0, kLargestList});
  std::vector<std::pair<Hash, Clock::time_point>> list;
  if (!bytes) return list;
  try {
    const auto json =
        parse_canonical_json(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), key);
    const Clock::time_point created{std::chrono::milliseconds(json.at("created").get<int64_t>())};
    for (const auto& each : json.at("packs")) {
      if (const auto hash = Hash::from_hex(each.get_ref<const std::string&>())) list.emplace_back(*hash, created);
    }
  } catch (const Json::exception& error) {
    fail(Code::DataLoss, key, " is damaged: ", error.what());
  }
  return list;
}

bool restore_under_way(Store& store) {
  for (const std::string& key : store.keys(std::string(kReadPrefix))) {
    const auto stat = store.backend().stat(key);
    if (stat && Clock::now() - stat->modified < kReadTime) return true;
    if (stat) store.backend().remove(key);
  }
  return false;
}

// Packs that some manifest of the store reaches, exactly.
std::set<Hash> reached(Store& store) {
  store.load_all_packs();
  Closure closure(store);
  for (const std::string& name : store.keys(manifest_prefix(""))) {
    const auto key = ManifestKey::parse(name);
    if (!key) continue;
    const auto stored = store.read_manifest(*key);
    if (!stored) continue;
    closure.add(*stored, read_table(store, *stored, 1));
  }
  return closure.packs();
}

}  // namespace

std::map<Hash, Clock::time_point> read_condemned(Store& store) {
  std::map<Hash, Clock::time_point> all;
  for (const std::string& key : store.keys(std::string(kPrefix))) {
    for (const auto& [pack, since] : read_list(store, key)) {
      const auto [it, added] = all.emplace(pack, since);
      if (!added) it->second = std::min(it->second, since);
    }
  }
  return all;
}

void condemn(Store& store, const std::vector<Hash>& packs, Clock::time_point now) {
  if (packs.empty()) return;
  Json list = Json::array();
  for (const Hash& pack : packs) list.push_back(pack.hex());
  const std::string text = canonical_json({{"format", 1}, {"created", milliseconds(now)}, {"packs", list}});
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  const PutMode mode = store.backend().capabilities().conditional_put ? PutMode::IfAbsent : PutMode::Replace;
  int64_t number = 1;
  for (const std::string& key : store.keys(std::string(kPrefix))) {
    number = std::max(number, int64_t{std::atoll(key.c_str() + kPrefix.size())} + 1);
  }
  while (true) {
    std::string digits = std::to_string(number++);
    digits.insert(0, 12 - std::min<size_t>(digits.size(), 12), '0');
    const std::string key = cat(kPrefix, digits, ".json");
    if (store.backend().put(key, bytes, mode) == PutResult::Existed) continue;
    store.backend().commit(std::span(&key, 1));
    return;
  }
}

void tidy_condemned(Store& store) {
  for (const std::string& key : store.keys(std::string(kPrefix))) {
    const auto list = read_list(store, key);
    const bool left =
        std::any_of(list.begin(), list.end(), [&](const auto& e) { return store.backend().stat(pack_key(e.first)); });
    if (!left) store.backend().remove(key);
  }
}

Collected collect(Store& store, std::chrono::seconds grace, Clock::time_point now, DryRun dry_run) {
  if (restore_under_way(store)) {
    fail(Code::Unavailable, "a restore from the ", store.describe(),
         " is under way; nothing was removed. Try again later");
  }
  // Packs before manifests: what is written in between is not looked at.
  const std::vector<Hash> packs = store.packs();
  const auto condemned = read_condemned(store);
  const std::set<Hash> live = reached(store);
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
  for (const Hash& pack : out.removed) store.remove_pack(pack);
  tidy_condemned(store);
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

void RunCollector::refresh() {
  auto now = read_condemned(store_);
  for (const auto& [pack, since] : theirs_) {
    if (!now.contains(pack) && !store_.backend().stat(pack_key(pack))) store_.drop_pack(pack);
  }
  theirs_ = std::move(now);
}

bool RunCollector::all_there(const std::vector<Hash>& packs) const {
  return std::all_of(packs.begin(), packs.end(),
                     [&](const Hash& pack) { return store_.backend().stat(pack_key(pack)).has_value(); });
}

std::set<Hash> RunCollector::live() {
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
  std::set<Hash> live;
  for (const auto& [name, packs] : packs_of_) live.insert(packs.begin(), packs.end());
  return live;
}

void RunCollector::sweep(Clock::time_point now) {
  if (candidates_.empty() && condemned_.empty()) return;
  const std::set<Hash> needed = live();
  std::erase_if(candidates_, [&](const Hash& pack) { return needed.contains(pack); });
  std::erase_if(condemned_, [&](const auto& entry) { return needed.contains(entry.first); });
  if (!condemned_.empty() && !restore_under_way(store_)) {
    for (auto it = condemned_.begin(); it != condemned_.end();) {
      if (now - it->second < grace_) {
        ++it;
        continue;
      }
      store_.remove_pack(it->first);
      it = condemned_.erase(it);
    }
    tidy_condemned(store_);
  }
  condemn(store_, {candidates_.begin(), candidates_.end()}, now);
  for (const Hash& pack : candidates_) condemned_.emplace(pack, now);
  candidates_.clear();
}

ReadLease::ReadLease(Store& store) : store_(store) {
  if (!store.backend().capabilities().leases) return;
  static std::atomic<int> count{0};
  key_ = cat(kReadPrefix, getpid(), "-", milliseconds(Clock::now()), "-", ++count, ".json");
  const std::string text = canonical_json({{"format", 1}, {"pid", getpid()}});
  try {
    store.backend().put(key_, std::as_bytes(std::span(text.data(), text.size())), PutMode::Replace);
    store.backend().commit(std::span(&key_, 1));
  } catch (const Error&) {
    key_.clear();  // a store that is read-only for us can still be read; it is collected by others at their risk
  }
}

ReadLease::~ReadLease() {
  if (key_.empty()) return;
  try {
    store_.backend().remove(key_);
  } catch (const Error&) {
    // It expires.
  }
}

}  // namespace cairn
