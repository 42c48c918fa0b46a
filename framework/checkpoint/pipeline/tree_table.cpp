#include "checkpoint/pipeline/tree_table.h"

#include <algorithm>
#include <limits>

#include <cairn/error.h>

#include "base/sha256_each.h"
#include "base/text_bytes.h"
#include "checkpoint/codec/digest.h"
#include "checkpoint/pipeline/slot.h"
#include "store/canonical_json.h"

namespace cairn {

namespace {

using Json = nlohmann::json;

constexpr size_t kTargetText = 1u << 20;
constexpr size_t kHighestRank = 16;
constexpr size_t kMostRows = 1u << 20;
constexpr uint64_t kLargestTensor = 1ull << 44;

std::string_view group_of(std::string_view path) {
  const size_t first = path.find('/');
  if (first == std::string_view::npos) return path;
  return path.substr(0, std::min(path.find('/', first + 1), path.size()));
}

Json row_json(const TableRow& row) {
  Json content;
  if (row.blocks.empty()) {
    content = to_hex(bytes_of(row.inline_bytes));
  } else {
    content = Json::array();
    for (const Hash& block : row.blocks) content.push_back(block.hex());
  }
  return Json::array({row.entry.path, name_of(row.entry.dtype), row.entry.shape, std::move(content)});
}

// Bytes of a tensor; nothing overflows.
uint64_t size_from(const TreeEntry& entry) {
  uint64_t size = size_of(entry.dtype);
  for (const int64_t dimension : entry.shape) {
    if (dimension < 0) fail(Code::DataLoss, "a dimension is negative");
    const auto factor = static_cast<uint64_t>(dimension);
    if (factor != 0 && size > kLargestTensor / factor) fail(Code::DataLoss, "its shape is out of bounds");
    size *= factor;
  }
  return size;
}

TableRow parse_row(const Json& json) {
  if (!json.is_array() || json.size() != 4) fail(Code::DataLoss, "a row has not four parts");
  TableRow row;
  row.entry.path = json[0].get<std::string>();
  check_path(row.entry.path);
  const auto dtype = dtype_of(std::string_view(json[1].get_ref<const std::string&>()));
  if (!dtype) fail(Code::DataLoss, "unknown type '", json[1].get<std::string>(), "'");
  row.entry.dtype = *dtype;
  if (!json[2].is_array() || json[2].size() > kHighestRank) fail(Code::DataLoss, "its shape is out of bounds");
  for (const Json& dimension : json[2]) {
    if (!dimension.is_number_integer()) fail(Code::DataLoss, "its shape is out of bounds");
    row.entry.shape.push_back(dimension.get<int64_t>());
  }
  const size_t rank = row.entry.shape.size();
  if (is_scalar(*dtype) && rank != (*dtype == DType::Text ? 1u : 0u)) fail(Code::DataLoss, "a scalar has a shape");
  row.entry.size_bytes = size_from(row.entry);
  if (json[3].is_string()) {
    const auto bytes = from_hex(json[3].get_ref<const std::string&>());
    if (!bytes || bytes->size() != row.entry.size_bytes) fail(Code::DataLoss, "its content has another size");
    row.inline_bytes = *bytes;
    return row;
  }
  const uint64_t blocks = (row.entry.size_bytes + kBlockSize - 1) / kBlockSize;
  if (!json[3].is_array() || json[3].size() != blocks || blocks == 0)
    fail(Code::DataLoss, "its blocks do not fit its size");
  for (const Json& block : json[3]) {
    const auto hash = Hash::from_hex(block.get_ref<const std::string&>());
    if (!hash) fail(Code::DataLoss, "a block's name is not 64 hexadecimal digits");
    row.blocks.push_back(*hash);
  }
  return row;
}

}  // namespace

Hash TableRow::content_hash() const {
  if (!blocks.empty()) return tensor_hash(blocks);
  if (inline_bytes.empty()) return tensor_hash({});
  const Hash block = sha256(inline_bytes);
  return tensor_hash(std::span(&block, 1));
}

std::vector<TableRow> rows_of(std::span<const TreeLeaf> leaves, int threads) {
  std::vector<TableRow> rows;
  rows.reserve(leaves.size());
  std::vector<std::span<const std::byte>> blocks;
  std::vector<size_t> owners;  // of the blocks, parallel
  for (const TreeLeaf& leaf : leaves) {
    rows.push_back({leaf.entry, {}, {}});
    if (leaf.bytes.size() <= kInlineBytes) {
      rows.back().inline_bytes = text_of(leaf.bytes);
      continue;
    }
    for (const BlockRange& range : block_ranges(leaf.bytes.size())) {
      blocks.push_back(leaf.bytes.subspan(range.offset, range.size));
      owners.push_back(rows.size() - 1);
    }
  }
  const std::vector<Hash> names = sha256_each(blocks, threads);
  for (size_t i = 0; i < names.size(); ++i) rows[owners[i]].blocks.push_back(names[i]);
  return rows;
}

std::string state_digest(std::span<const TableRow> rows) {
  StateDigest digest;
  for (const TableRow& row : rows) digest.add(row.entry, row.content_hash());
  return digest.finish().hex();
}

std::vector<std::string> encode_table(std::span<const TableRow> rows) {
  std::vector<std::string> texts;
  std::string text;
  std::string_view group;
  const auto flush = [&] {
    if (!text.empty()) texts.push_back(text + "]");
    text.clear();
  };
  for (const TableRow& row : rows) {
    if (group_of(row.entry.path) != group || text.size() > kTargetText) flush();
    group = group_of(row.entry.path);
    text += text.empty() ? "[" : ",";
    text += canonical_json(row_json(row));
  }
  flush();
  for (const std::string& each : texts) {
    if (each.size() > kBlockSize) fail(Code::InvalidArgument, "one tensor has more blocks than the table can name");
  }
  return texts;
}

void decode_table(std::string_view text, const std::string& what, std::vector<TableRow>& rows) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_array()) fail(Code::DataLoss, "it is no list");
    for (const Json& each : json) {
      TableRow row = parse_row(each);
      if (!rows.empty() && rows.back().entry.path >= row.entry.path) fail(Code::DataLoss, "its paths are not in order");
      if (rows.size() == kMostRows) fail(Code::DataLoss, "it has too many rows");
      rows.push_back(std::move(row));
    }
  } catch (const nlohmann::json::exception& error) {
    fail(Code::DataLoss, what, " is damaged: ", error.what());
  } catch (const Error& error) {
    fail(Code::DataLoss, what, " is damaged: ", error.message());
  }
}

}  // namespace cairn
