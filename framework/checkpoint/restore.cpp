#include "checkpoint/restore.h"

#include <chrono>

#include "checkpoint/pipeline/collect.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "state/loaded_tree.h"

namespace cairn {

Restored::Restored(SnapshotInfo info, std::unique_ptr<StateReader> state, std::unique_ptr<StateReader> record,
                   std::string store, double seconds)
    : info_(std::move(info)),
      state_(std::move(state)),
      record_(std::move(record)),
      store_(std::move(store)),
      seconds_(seconds) {}

Restored restore_snapshot(Store& store, const StoredManifest& stored, int threads) {
  const auto begin = std::chrono::steady_clock::now();
  const ReadLease lease(store);
  const std::vector<TableRow> rows = read_table(store, stored, threads);
  const auto tree = std::make_shared<LoadedTree>();  // owned by both readers
  read_rows(
      store, rows, [&](size_t i) { return tree->add(rows[i].entry); }, threads);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return {stored.manifest.info, std::make_unique<LoadedReader>(tree, kStatePart),
          std::make_unique<LoadedReader>(tree, kRecordPart), store.describe(), took.count()};
}

}  // namespace cairn
