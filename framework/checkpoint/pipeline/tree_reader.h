// A snapshot's tree out of a store.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "checkpoint/pipeline/tree_table.h"
#include "store/store.h"

namespace cairn {

// Reads a snapshot's table. Everything that the manifest promises about it is checked: number of entries, total size,
// and the state digest, which follows from the blocks' names. DataLoss otherwise. The packs that the manifest names as
// a hint are loaded first.
std::vector<TableRow> read_table(Store& store, const StoredManifest& stored, int threads);

// Reads the content of rows: `room` gives the memory of row i, exactly its size. Every byte is checked against the
// blocks' names.
void read_rows(Store& store, std::span<const TableRow> rows, const std::function<std::span<std::byte>(size_t)>& room,
               int threads);

}  // namespace cairn
