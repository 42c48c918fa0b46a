#include "checkpoint/pipeline/condemned.h"

#include <algorithm>
#include <optional>

#include <cairn/error.h>

#include "base/text_bytes.h"
#include "store/canonical_json.h"
#include "store/random_digits.h"

namespace cairn {

namespace {

using Json = nlohmann::json;
using Time = std::chrono::system_clock::time_point;

constexpr std::string_view kPrefix = "gc/";
constexpr uint64_t kLargestList = 16u << 20;
constexpr size_t kDigits = 12;

int64_t milliseconds(Time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// Empty when it went away meanwhile; DataLoss when it is damaged.
std::optional<std::vector<std::pair<Hash, Time>>> read_list(Store& store, const std::string& key) {
  const auto bytes = store.backend().get(key, {0, kLargestList});
  if (!bytes) return std::nullopt;
  std::vector<std::pair<Hash, Time>> list;
  try {
    const auto json = parse_canonical_json(text_of(*bytes), key);
    Time created{std::chrono::milliseconds(json.at("created").get<int64_t>())};
    // Whoever wrote it may have been suspended after the look at the clock.
    if (const auto stat = store.backend().stat(key)) created = std::max(created, stat->modified);
    for (const auto& each : json.at("packs")) {
      if (const auto hash = Hash::from_hex(each.get_ref<const std::string&>())) list.emplace_back(*hash, created);
    }
  } catch (const Json::exception& error) {
    fail(Code::DataLoss, key, " is damaged: ", error.what());
  }
  return list;
}

std::string new_key(int64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, kDigits - std::min(digits.size(), kDigits), '0');
  return cat(kPrefix, digits, "-", random_digits(), ".json");
}

}  // namespace

bool is_key_of_one_list(const std::string& key) {
  return key.find('-') != std::string::npos;
}

void CondemnedLists::look() {
  std::map<std::string, List> now;
  damaged_.clear();
  for (const std::string& key : store_.keys(std::string(kPrefix))) {
    const auto known = lists_.find(key);
    if (known != lists_.end() && is_key_of_one_list(key)) {
      now[key] = std::move(known->second);
      continue;
    }
    try {
      if (auto list = read_list(store_, key)) now[key] = std::move(*list);
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      damaged_.insert(key);
    }
  }
  lists_ = std::move(now);
}

Condemned CondemnedLists::named() const {
  Condemned all;
  for (const auto& [key, list] : lists_) {
    for (const auto& [pack, since] : list) {
      const auto [it, added] = all.emplace(pack, since);
      if (!added) it->second = std::min(it->second, since);
    }
  }
  return all;
}

void CondemnedLists::require_whole() const {
  if (damaged_.empty()) return;
  fail(
      Code::DataLoss, *damaged_.begin(), " in the ", store_.describe(),
      " is damaged, so that it is not known which packs are about to be removed; nothing is removed while it is there. "
      "Delete it when no other process works on that store");
}

void CondemnedLists::tidy() const {
  for (const auto& [key, list] : lists_) {
    const auto now = is_key_of_one_list(key) ? std::optional(list) : read_list(store_, key);
    const bool left = now && std::any_of(now->begin(), now->end(), [&](const auto& each) {
                        return store_.backend().stat(pack_key(each.first)).has_value();
                      });
    if (now && !left) store_.backend().remove(key);
  }
}

Condemned read_condemned(Store& store) {
  CondemnedLists lists(store);
  lists.look();
  lists.require_whole();
  return lists.named();
}

void condemn(Store& store, const std::vector<Hash>& packs, Time now) {
  if (packs.empty()) return;
  Json list = Json::array();
  for (const Hash& pack : packs) list.push_back(pack.hex());
  const std::string text = canonical_json({{"format", 1}, {"created", milliseconds(now)}, {"packs", list}});
  int64_t number = 1;
  for (const std::string& key : store.keys(std::string(kPrefix))) {
    number = std::max(number, int64_t{std::atoll(key.c_str() + kPrefix.size())} + 1);
  }
  const std::string key = new_key(number);
  store.backend().put(key, bytes_of(text), PutMode::Replace);
  store.backend().commit(std::span(&key, 1));
}

}  // namespace cairn
