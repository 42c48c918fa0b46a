// The lists of packs that are about to be removed, gc/<number>-<random>.json. Each is written once, under a name that
// no other list ever has, and goes when none of its packs is left.
#pragma once
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace cairn {

// Packs that some collection has named, each with the earliest time of that.
using Condemned = std::map<Hash, std::chrono::system_clock::time_point>;

Condemned read_condemned(Store& store);  // DataLoss when a list is damaged
void condemn(Store& store, const std::vector<Hash>& packs, std::chrono::system_clock::time_point now);

// For who asks again and again: which lists there are is asked every time, and each is read once. [one thread]
class CondemnedLists {
 public:
  explicit CondemnedLists(Store& store) : store_(store) {}
  void look();
  // Of the newest look.
  Condemned named() const;                                           // by the lists that are whole
  const std::set<std::string>& damaged() const { return damaged_; }  // keys of the others
  void require_whole() const;                                        // DataLoss, saying what to do
  void tidy() const;                                                 // removes those of which no pack is left

 private:
  using List = std::vector<std::pair<Hash, std::chrono::system_clock::time_point>>;
  Store& store_;
  std::map<std::string, List> lists_;
  std::set<std::string> damaged_;
};

// Whether no other list ever had this key. Those of earlier versions may be written again.
bool is_key_of_one_list(const std::string& key);

}  // namespace cairn
