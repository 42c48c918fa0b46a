#include "checkpoint/pipeline/tree_reader.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/text_bytes.h"
#include "checkpoint/codec/digest.h"
#include "checkpoint/pipeline/block_reader.h"

namespace cairn {

namespace {

constexpr uint64_t kLargestTable = 1ull << 30;

// A hint that is wrong or damaged costs a search through every pack, no more: what lay there may have been squashed
// into another.
void load_hints(Store& store, const std::vector<Hash>& packs) {
  bool all = true;
  for (const Hash& pack : packs) {
    try {
      all = store.load_pack(pack) && all;
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      all = false;
    }
  }
  if (!all) store.load_all_packs();
}

}  // namespace

std::vector<TableRow> read_table(Store& store, const StoredManifest& stored, int threads) {
  const SnapshotInfo& info = stored.manifest.info;
  const std::string what = "the table of " + stored.manifest.key().key();
  load_hints(store, stored.packs);
  std::vector<Hash> names;
  for (const ManifestPart& part : stored.manifest.parts)
    names.insert(names.end(), part.table.begin(), part.table.end());
  std::vector<uint32_t> sizes;
  uint64_t text_size = 0;
  for (const Hash& name : names) {
    sizes.push_back(block_size(store, name));
    if ((text_size += sizes.back()) > kLargestTable) fail(Code::DataLoss, what, " is damaged: it is out of bounds");
  }
  std::vector<std::string> texts(names.size());
  std::vector<WantedBlock> wanted;
  for (size_t i = 0; i < names.size(); ++i) {
    texts[i].resize(sizes[i]);
    wanted.push_back({names[i], std::as_writable_bytes(std::span(texts[i].data(), texts[i].size()))});
  }
  read_blocks(store, wanted, threads);
  std::vector<TableRow> rows;
  for (const std::string& text : texts) decode_table(text, what, rows);
  uint64_t size = 0;
  for (const TableRow& row : rows) {
    size += row.entry.size_bytes;
    if (size > info.size_bytes) fail(Code::DataLoss, what, " is damaged: it names more bytes than the manifest");
  }
  if (size != info.size_bytes || static_cast<int64_t>(rows.size()) != info.entries) {
    fail(Code::DataLoss, what, " is damaged: ", rows.size(), " entries of ", size, " bytes where the manifest names ",
         info.entries, " of ", info.size_bytes);
  }
  if (state_digest(rows) != info.digest) fail(Code::DataLoss, what, " is damaged: the state has another digest");
  return rows;
}

void read_rows(Store& store, std::span<const TableRow> rows, const std::function<std::span<std::byte>(size_t)>& room,
               int threads) {
  std::vector<WantedBlock> wanted;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::span<std::byte> into = room(i);
    if (rows[i].blocks.empty()) {
      const auto bytes = bytes_of(rows[i].inline_bytes);
      std::copy(bytes.begin(), bytes.end(), into.begin());
      continue;
    }
    const auto ranges = block_ranges(rows[i].entry.size_bytes);
    for (size_t b = 0; b < ranges.size(); ++b) {
      wanted.push_back({rows[i].blocks[b], into.subspan(ranges[b].offset, ranges[b].size)});
    }
  }
  read_blocks(store, wanted, threads);
}

}  // namespace cairn
