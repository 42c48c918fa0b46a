// The table of a tree: each path with its type, shape and content. It is cut into blocks of its own, one for each
// group of paths ("state/model", ...), so that what did not change is not stored again. docs/format/manifest.md.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "state/tree.h"
#include "store/block.h"

namespace cairn {

inline constexpr uint64_t kInlineBytes = 64;  // up to here the content stands in the table itself

// A leaf by its content's names. [value]
struct TableRow {
  TreeEntry entry;
  std::vector<Hash> blocks;  // empty when the content is inline
  std::string inline_bytes;
  Hash content_hash() const;  // the tensor's hash, whichever way it is stored
};

// The rows of a tree's leaves, parallel: each cut into blocks, these named by up to `threads` threads.
std::vector<TableRow> rows_of(std::span<const TreeLeaf> leaves, int threads);

// 64 hex digits, of rows in path order.
std::string state_digest(std::span<const TableRow> rows);

// Rows in path order to texts of at most kBlockSize bytes.
std::vector<std::string> encode_table(std::span<const TableRow> rows);

// Appends the rows of one text. DataLoss naming `what` unless every row is in bounds and in path order after those
// before.
void decode_table(std::string_view text, const std::string& what, std::vector<TableRow>& rows);

}  // namespace cairn
