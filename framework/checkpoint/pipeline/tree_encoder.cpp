#include "checkpoint/pipeline/tree_encoder.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/parallel.h"
#include "checkpoint/codec/block_codec.h"
#include "checkpoint/codec/digest.h"
#include "checkpoint/pipeline/tree_table.h"

namespace cairn {

namespace {

// A block of a leaf, or a text of the table.
struct Piece {
  size_t leaf = 0;
  DType dtype = DType::UInt8;
  BytesView bytes;
  Hash name;
};

// Collects encoded blocks into packs and writes each when it is full.
class PackSink {
 public:
  explicit PackSink(Store& store) : store_(store) {}
  void add(const EncodedBlock& block) {
    if (!writer_.empty() && writer_.size_bytes() + block.payload.size() > kLargestPack - (16u << 20)) flush();
    writer_.add(block);
  }
  void flush() {
    if (writer_.empty()) return;
    const auto bytes = writer_.finish();
    writer_ = PackWriter();
    stored_bytes_ += bytes.size();
    packs_.push_back(store_.put_pack(bytes));
  }
  uint64_t stored_bytes() const { return stored_bytes_; }
  const std::vector<Hash>& packs() const { return packs_; }

 private:
  Store& store_;
  PackWriter writer_;
  uint64_t stored_bytes_ = 0;
  std::vector<Hash> packs_;
};

class TreeEncoder {
 public:
  TreeEncoder(Store& store, int threads) : store_(store), threads_(threads), sink_(store) {}

  WrittenTree run(std::span<const TreeLeaf> leaves) {
    std::vector<Piece> pieces = cut(leaves);
    parallel_for(pieces.size(), threads_, [&](size_t i) { pieces[i].name = sha256(pieces[i].bytes); });
    const std::vector<TableRow> rows = rows_of(leaves, pieces);
    write(pieces);
    const std::vector<std::string> texts = encode_table(rows);
    std::vector<Piece> tables;
    for (const std::string& text : texts) {
      const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
      tables.push_back({0, DType::Text, bytes, sha256(bytes)});
      out_.part.table.push_back(tables.back().name);
    }
    write(tables);
    sink_.flush();
    out_.stats.stored_bytes = sink_.stored_bytes();
    out_.packs = sink_.packs();
    for (const Hash& pack : reused_packs_) {
      if (std::find(out_.packs.begin(), out_.packs.end(), pack) == out_.packs.end()) out_.packs.push_back(pack);
    }
    return std::move(out_);
  }

 private:
  static std::vector<Piece> cut(std::span<const TreeLeaf> leaves) {
    std::vector<Piece> pieces;
    for (size_t i = 0; i < leaves.size(); ++i) {
      if (leaves[i].bytes.size() <= kInlineBytes) continue;
      for (const BlockRange& range : block_ranges(leaves[i].bytes.size())) {
        pieces.push_back({i, leaves[i].entry.dtype, leaves[i].bytes.subspan(range.offset, range.size), {}});
      }
    }
    return pieces;
  }

  std::vector<TableRow> rows_of(std::span<const TreeLeaf> leaves, std::span<const Piece> pieces) {
    std::vector<TableRow> rows(leaves.size());
    for (size_t i = 0; i < leaves.size(); ++i) {
      const auto bytes = leaves[i].bytes;
      rows[i].entry = leaves[i].entry;
      if (bytes.size() <= kInlineBytes)
        rows[i].inline_bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      out_.size_bytes += bytes.size();
    }
    for (const Piece& piece : pieces) rows[piece.leaf].blocks.push_back(piece.name);
    StateDigest digest;
    for (const TableRow& row : rows) digest.add(row.entry, row.content_hash());
    out_.digest = digest.finish().hex();
    out_.entries = static_cast<int64_t>(rows.size());
    out_.stats.raw_bytes = out_.size_bytes;
    return rows;
  }

  // Encodes what is not in the store yet; equal blocks once.
  void write(std::span<const Piece> pieces) {
    std::vector<const Piece*> fresh;
    for (const Piece& piece : pieces) {
      ++out_.stats.blocks;
      if (!seen_.insert(piece.name).second) {
        ++out_.stats.blocks_reused;
      } else if (const auto place = store_.find(piece.name)) {
        ++out_.stats.blocks_reused;
        reused_packs_.insert(place->pack);
      } else {
        fresh.push_back(&piece);
      }
    }
    std::vector<EncodedBlock> encoded(fresh.size());
    parallel_for(fresh.size(), threads_,
                 [&](size_t i) { encoded[i] = encode_full(fresh[i]->name, fresh[i]->dtype, fresh[i]->bytes); });
    for (const EncodedBlock& block : encoded) sink_.add(block);
  }

  Store& store_;
  int threads_;
  PackSink sink_;
  WrittenTree out_;
  std::unordered_set<Hash, HashOfHash> seen_;
  std::unordered_set<Hash, HashOfHash> reused_packs_;
};

}  // namespace

WrittenTree write_tree(Store& store, std::span<const TreeLeaf> leaves, int threads) {
  return TreeEncoder(store, threads).run(leaves);
}

}  // namespace cairn
