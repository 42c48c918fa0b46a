#include "checkpoint/restore.h"

#include <chrono>

#include "base/seconds_since.h"
#include "checkpoint/pipeline/closure.h"
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

namespace {

using Rooms = std::span<const std::span<std::byte>>;

Restored restored(const SnapshotInfo& info, const std::shared_ptr<const LoadedTree>& tree, const Store& store,
                  double seconds) {
  return {info, std::make_unique<LoadedReader>(tree, kStatePart), std::make_unique<LoadedReader>(tree, kRecordPart),
          store.describe(), seconds};
}

// Halves what is damaged until only the entries with damage are left; those are read from the next store.
void read_from_any(std::span<Store* const> stores, std::span<const TableRow> rows, Rooms rooms, int threads,
                   const Checkpointer::Say& say) {
  try {
    read_rows(
        *stores[0], rows, [&](size_t i) { return rooms[i]; }, threads);
  } catch (const Error& error) {
    const bool passing = error.code() == Code::DataLoss || error.retryable();
    if (!passing || stores.size() == 1) throw;
    // A store that does not answer is asked for nothing more.
    if (rows.size() == 1 || error.retryable()) {
      const std::string more = rows.size() == 1 ? "" : cat(" and ", rows.size() - 1, " more entries");
      say(cat("'", rows[0].entry.path, "'", more,
              error.retryable() ? " cannot be had from the " : " is damaged in the ", stores[0]->describe(),
              " and is read from the ", stores[1]->describe(), ": ", error.message()));
      return read_from_any(stores.subspan(1), rows, rooms, threads, say);
    }
    const size_t half = rows.size() / 2;
    read_from_any(stores, rows.first(half), rooms.first(half), threads, say);
    read_from_any(stores, rows.subspan(half), rooms.subspan(half), threads, say);
  }
}

}  // namespace

Restored restore_snapshot(std::span<Store* const> stores, const StoredManifest& stored, int threads,
                          const Checkpointer::Say& say) {
  const auto begin = std::chrono::steady_clock::now();
  const ReadLease lease(*stores[0]);
  const std::vector<TableRow> rows = read_table(*stores[0], stored, threads);
  const auto tree = std::make_shared<LoadedTree>();  // owned by both readers
  std::vector<std::span<std::byte>> rooms;
  for (const TableRow& row : rows) rooms.push_back(tree->add(row.entry));
  if (!rows.empty()) read_from_any(stores, rows, rooms, threads, say);
  return restored(stored.manifest.info, tree, *stores[0], seconds_since(begin));
}

Restored restore_snapshot(Store& store, const StoredManifest& stored, int threads) {
  Store* const only = &store;
  return restore_snapshot(std::span(&only, 1), stored, threads, {});
}

Restored restore_record(Store& store, const StoredManifest& stored) {
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<TableRow> all = read_table(store, stored, 1);
  Closure closure(store);
  closure.add(stored, all);
  for (const Hash& pack : closure.packs()) {
    if (!store.backend().stat(pack_key(pack))) fail(Code::DataLoss, pack_key(pack), " is missing");
  }
  const auto tree = std::make_shared<LoadedTree>();  // owned by both readers
  std::vector<TableRow> rows;
  std::vector<std::span<std::byte>> rooms;
  for (const TableRow& row : all) {
    if (!row.entry.path.starts_with(kRecordPart)) continue;
    rows.push_back(row);
    rooms.push_back(tree->add(row.entry));
  }
  read_rows(
      store, rows, [&](size_t i) { return rooms[i]; }, 1);
  return restored(stored.manifest.info, tree, store, seconds_since(begin));
}

}  // namespace cairn
