// Freeing what no snapshot needs. In two steps, at least a grace period apart: a pack that no manifest reaches is named
// in a list below gc/, and from then on no writer counts on its blocks; in a later collection, still unreached, it is
// removed. A save that was under way at the first step is published by the second.
#pragma once
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "checkpoint/pipeline/needed.h"
#include "store/store.h"

namespace cairn {

using Clock = std::chrono::system_clock;

enum class DryRun { No, Yes };

struct Collected {
  std::vector<Hash> condemned;  // named now
  std::vector<Hash> waiting;    // named before, the grace period is not over
  std::vector<Hash> removed;    // with DryRun::Yes: would be
  uint64_t removed_bytes = 0;
  size_t live = 0;
};

// Over all runs. Any manifest or pack index that cannot be read ends it with DataLoss, and nothing is removed; so does
// a restore that is under way elsewhere (Unavailable).
Collected collect(Store& store, std::chrono::seconds grace, Clock::time_point now, DryRun dry_run);

// The collection of a running writer, which knows by heart what its own snapshots need. [one thread]
class RunCollector {
 public:
  RunCollector(Store& store, std::chrono::seconds grace) : store_(store), grace_(grace), lists_(store) {}
  void published(const ManifestKey& key, std::vector<Hash> packs);
  // Removes the manifest; its packs become candidates.
  void forget(const ManifestKey& key);
  // Whether a pack's blocks must not be counted on.
  bool condemned(const Hash& pack) const {
    return mine_.contains(pack) || named_.contains(pack) || suspects_.contains(pack);
  }
  // Reads what collections have named, and drops from memory what they have removed. After a time that may have been
  // longer than the grace period what is there is listed, too. A list that is damaged may name everything that was
  // there when it was seen first.
  void refresh(bool slept);
  const std::set<std::string>& damaged_lists() const { return lists_.damaged(); }
  // Whether all of these are there, and none was named before `time`; after a sleep that may have been longer than the
  // grace period.
  bool can_count_on(const std::vector<Hash>& packs, Clock::time_point time);
  // Condemns and removes candidates that are due. Only packs of snapshots that it forgot itself.
  void sweep(Clock::time_point now);
  size_t waiting() const { return candidates_.size() + mine_.size(); }

 private:
  void read_manifests();
  void suspect();
  std::set<Hash> live();
  void remove_due(Clock::time_point now);
  Store& store_;
  std::chrono::seconds grace_;
  std::map<std::string, std::vector<Hash>> packs_of_;  // by manifest, of the whole store
  std::string newest_;                                 // manifest of this process: a listing without it is not believed
  std::set<Hash> candidates_, mine_;                   // to be named; named by this process
  CondemnedLists lists_;
  Condemned named_;                      // by anybody, when it was read last
  std::set<std::string> known_damaged_;  // lists
  std::set<Hash> suspects_;              // that one of them may name
};

// While it lives, collections elsewhere remove nothing. For restores. Stores without conditional put have none.
class ReadLease {
 public:
  explicit ReadLease(Store& store);
  ~ReadLease();
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;

 private:
  Store& store_;
  std::string key_;
};

}  // namespace cairn
