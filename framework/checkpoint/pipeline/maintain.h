// What is done to snapshots after they were published: read and checked, made independent of others, compared.
#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_table.h"
#include "store/find_snapshot.h"
#include "store/store.h"

namespace cairn {

// A snapshot's tree in memory; every byte was checked. DataLoss otherwise.
void load_tree(Store& store, const StoredManifest& stored, int threads, std::vector<TableRow>& rows, Slot& slot);

struct VerifyReport {
  std::vector<SnapshotInfo> good;
  std::vector<std::pair<ManifestKey, std::string>> damaged;  // with the reason
  size_t left = 0;                                           // the budget was over before these
};
// Reads whole snapshots of a run (of every run when empty) until the budget is spent, those first that were not checked
// for the longest time; that is remembered in the store as marks. At least one is checked.
VerifyReport verify_snapshots(Store& store, const std::string& run, std::chrono::duration<double> budget, int threads);

struct Squashed {
  uint64_t written_bytes = 0;
  uint16_t depth_before = 0;
};
// Stores everything of a snapshot by itself, so that it needs no other. Its id stays. What it was encoded against is
// freed by a later collection. With DryRun::Yes only the depth is found out.
Squashed squash_snapshot(Store& store, const ManifestKey& key, int threads, DryRun dry_run);

struct EntryDifference {
  enum class Kind { OnlyFirst, OnlySecond, Type, Values } kind = Kind::Values;
  std::string path;
  uint64_t elements = 0, different = 0;
  double largest = 0, mean = 0;  // of the absolute difference; of floating point and integer tensors
};
// In path order; equal entries are left out.
std::vector<EntryDifference> diff_snapshots(Store& store, const StoredManifest& first, const StoredManifest& second,
                                            int threads);

}  // namespace cairn
