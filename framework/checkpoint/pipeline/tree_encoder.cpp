// 1. Cut the leaves into blocks and name each by its hash; that gives the table and the state digest.
// 2. Level by level, so that operands of this tree are in place before they are used: leave out what the store has,
//    encode the rest in parallel and hand it to the pack in order.
// 3. The table's own blocks, then the last pack.
#include "checkpoint/pipeline/tree_encoder.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/lender.h"
#include "base/parallel.h"
#include "base/text_bytes.h"
#include "checkpoint/codec/block_codec.h"
#include "checkpoint/codec/digest.h"
#include "store/pack.h"

namespace cairn {

namespace {

constexpr uint64_t kLeastPack = 16u << 20;
constexpr size_t kBlocksAhead = 4;    // encoded, of those that the pack has
constexpr size_t kLeastDelta = 2048;  // below, the operands' names cost more than the difference saves
constexpr double kGoodEnough = 0.84;  // of the raw size: as small as a full block usually is
constexpr size_t kNoLeaf = SIZE_MAX;

// A block of a leaf, or a text of the table.
struct Piece {
  size_t leaf = kNoLeaf;
  size_t number = 0;  // of the block in its leaf
  DType dtype = DType::UInt8;
  BytesView bytes;
  Hash name;
};

// Of one pack. It is kept for the next tree: new memory costs as much as what is written into it.
struct PackMemory {
  PageVector<std::byte> bytes;
};

// Collects encoded blocks into packs and writes each when it is full.
class PackSink {
 public:
  PackSink(Store& store, uint64_t raw_bytes)
      : store_(store),
        limit_(std::clamp(raw_bytes / 3, kLeastPack, kLargestPack - kLeastPack)),
        seal_(store.seal()),
        memory_(immortal_lender<PackMemory>().borrow()),
        writer_(seal_, memory_for(std::min(limit_, raw_bytes))) {}
  ~PackSink() { memory_->bytes = std::move(writer_).memory(); }
  PackSink(const PackSink&) = delete;
  PackSink& operator=(const PackSink&) = delete;
  // What add() expects; on any thread.
  void prepare(EncodedBlock& block) const {
    if (seal_ != nullptr) close_block(block, *seal_);
  }
  void add(const EncodedBlock& block) {
    if (!writer_.empty() && writer_.size_bytes() + block.payload.size() > limit_) flush();
    writer_.add(block);
  }
  void flush() {
    if (writer_.empty()) return;
    PageVector<std::byte> bytes = writer_.finish();
    stored_bytes_ += bytes.size();
    packs_.push_back(store_.put_pack(bytes));
    writer_ = PackWriter(seal_, std::move(bytes));
  }
  uint64_t stored_bytes() const { return stored_bytes_; }
  const std::vector<Hash>& packs() const { return packs_; }

 private:
  // What is reserved and not used takes no room.
  PageVector<std::byte> memory_for(uint64_t pack) {
    PageVector<std::byte> memory = std::move(memory_->bytes);
    memory.clear();
    memory.reserve(pack + pack / 16);
    return memory;
  }
  Store& store_;
  uint64_t limit_;
  const Seal* seal_;
  Lender<PackMemory>::Loan memory_;  // empty while the writer has it
  PackWriter writer_;
  uint64_t stored_bytes_ = 0;
  std::vector<Hash> packs_;
};

uint64_t total(std::span<const TreeLeaf> leaves) {
  uint64_t size = 0;
  for (const TreeLeaf& leaf : leaves) size += leaf.bytes.size();
  return size;
}

class TreeEncoder {
 public:
  TreeEncoder(Store& store, std::span<const TreeLeaf> leaves, const EncodeSettings& settings)
      : store_(store),
        leaves_(leaves),
        settings_(settings),
        there_(store, settings.unusable),
        sink_(store, total(leaves)) {}

  WrittenTree run() {
    recipes_ = make_recipes(leaves_, settings_.base, settings_.predictions);
    cut();
    describe();
    uint32_t levels = 0;
    for (const Recipe& recipe : recipes_) levels = std::max(levels, recipe.level + 1);
    for (uint32_t level = 0; level < levels; ++level) {
      std::vector<const Piece*> now;
      for (const Piece& piece : pieces_) {
        if (recipes_[piece.leaf].level == level) now.push_back(&piece);
      }
      write(now);
    }
    write_table();
    sink_.flush();
    find_packs();
    return std::move(out_);
  }

 private:
  void cut() {
    for (size_t i = 0; i < leaves_.size(); ++i) {
      if (leaves_[i].bytes.size() <= kInlineBytes) continue;
      size_t number = 0;
      for (const BlockRange& range : block_ranges(leaves_[i].bytes.size())) {
        pieces_.push_back(
            {i, number++, leaves_[i].entry.dtype, leaves_[i].bytes.subspan(range.offset, range.size), {}});
      }
    }
  }

  void describe() {
    out_.rows = rows_of(leaves_, settings_.threads);
    for (Piece& piece : pieces_) piece.name = out_.rows[piece.leaf].blocks[piece.number];
    out_.size_bytes = out_.stats.raw_bytes = total(leaves_);
    out_.digest = state_digest(out_.rows);
    out_.entries = static_cast<int64_t>(out_.rows.size());
  }

  void write_table() {
    const std::vector<std::string> texts = encode_table(out_.rows);
    std::vector<Piece> tables;
    for (const std::string& text : texts) {
      const auto bytes = bytes_of(text);
      tables.push_back({kNoLeaf, 0, DType::Text, bytes, sha256(bytes)});
      out_.part.table.push_back(tables.back().name);
    }
    std::vector<const Piece*> all;
    all.reserve(tables.size());
    for (const Piece& piece : tables) all.push_back(&piece);
    write(all);
  }

  // Depth of a block that is in the store or was written just now.
  std::optional<uint16_t> depth_of(const Hash& name) {
    if (const auto it = depths_.find(name); it != depths_.end()) return it->second;
    if (const Store::Place* place = there_.choose(name)) return place->entry.header.depth;
    return std::nullopt;
  }

  // Encodes what is not in the store yet; equal blocks once.
  void write(std::span<const Piece* const> pieces) {
    std::vector<const Piece*> fresh;
    for (const Piece* piece : pieces) {
      ++out_.stats.blocks;
      if (!seen_.insert(piece->name).second || there_.choose(piece->name) != nullptr) {
        ++out_.stats.blocks_reused;
      } else {
        fresh.push_back(piece);
      }
    }
    encode(fresh);
  }

  void encode(std::span<const Piece* const> fresh) {
    std::vector<std::vector<DeltaBase>> bases(fresh.size());
    for (size_t i = 0; i < fresh.size(); ++i) bases[i] = bases_of(*fresh[i]);
    const auto encoded = [&](size_t i) {
      EncodedBlock block = smallest(*fresh[i], bases[i]);
      sink_.prepare(block);
      return block;
    };
    parallel_in_order<EncodedBlock>(fresh.size(), settings_.threads, kBlocksAhead, encoded,
                                    [&](const EncodedBlock& block) {
                                      depths_[block.header.name] = block.header.depth;
                                      out_.stats.depth = std::max(out_.stats.depth, block.header.depth);
                                      sink_.add(block);
                                    });
  }

  // In the order in which they are tried.
  std::vector<DeltaBase> bases_of(const Piece& piece) {
    std::vector<DeltaBase> bases;
    if (piece.leaf == kNoLeaf || piece.bytes.size() < kLeastDelta) return bases;
    const Recipe& recipe = recipes_[piece.leaf];
    if (recipe.formula != Formula::None) add_base(piece, recipe.formula, recipe.operands, recipe.scalars, bases);
    if (recipe.previous) add_base(piece, Formula::Previous, {{false, *recipe.previous}}, {}, bases);
    return bases;
  }

  void add_base(const Piece& piece, Formula formula, const std::vector<RecipeOperand>& operands,
                const std::vector<double>& scalars, std::vector<DeltaBase>& bases) {
    DeltaBase base;
    base.formula = formula;
    base.scalars = scalars;
    for (const RecipeOperand& operand : operands) {
      const auto& rows = operand.this_tree ? std::span<const TableRow>(out_.rows) : settings_.base.rows;
      const auto& leaves = operand.this_tree ? leaves_ : settings_.base.leaves;
      const std::vector<Hash>& blocks = rows[operand.leaf].blocks;
      if (piece.number >= blocks.size() || blocks[piece.number] == piece.name) return;
      const auto depth = depth_of(blocks[piece.number]);
      if (!depth || *depth >= settings_.most_depth) return;
      base.depth = std::max(base.depth, *depth);
      base.names.push_back(blocks[piece.number]);
      base.operands.push_back(
          leaves[operand.leaf].bytes.subspan(piece.number * uint64_t{kBlockSize}, piece.bytes.size()));
    }
    bases.push_back(std::move(base));
  }

  // The first that is good enough; otherwise the smallest of all, the full block among them.
  static EncodedBlock smallest(const Piece& piece, std::span<const DeltaBase> bases) {
    std::optional<EncodedBlock> best;
    for (const DeltaBase& base : bases) {
      if (base.formula == Formula::Bf16Grad && !explained_by_gradients(piece.bytes, base)) continue;
      EncodedBlock block = encode_delta(piece.name, piece.dtype, piece.bytes, base);
      const auto size = static_cast<double>(block.payload.size());
      if (size < kGoodEnough * static_cast<double>(piece.bytes.size())) return block;
      if (!best || block.payload.size() < best->payload.size()) best = std::move(block);
    }
    EncodedBlock full = encode_full(piece.name, piece.dtype, piece.bytes);
    return best && best->payload.size() < full.payload.size() ? std::move(*best) : std::move(full);
  }

  void find_packs() {
    Closure closure(store_, settings_.unusable);
    for (const TableRow& row : out_.rows) closure.add(row.blocks);
    closure.add(out_.part.table);
    out_.packs.assign(closure.packs().begin(), closure.packs().end());
    out_.written = sink_.packs();
    out_.stats.stored_bytes = sink_.stored_bytes();
  }

  Store& store_;
  std::span<const TreeLeaf> leaves_;
  const EncodeSettings& settings_;
  Closure there_;  // in the store, before this tree
  PackSink sink_;
  std::vector<Recipe> recipes_;
  std::vector<Piece> pieces_;
  WrittenTree out_;
  std::unordered_set<Hash, HashOfHash> seen_;
  std::unordered_map<Hash, uint16_t, HashOfHash> depths_;  // of what was written just now
};

}  // namespace

void WrittenTree::describe_in(Manifest& manifest) const {
  manifest.info.digest = digest;
  manifest.info.size_bytes = size_bytes;
  manifest.info.entries = entries;
  manifest.parts = {part};
}

WrittenTree write_tree(Store& store, std::span<const TreeLeaf> leaves, const EncodeSettings& settings) {
  return TreeEncoder(store, leaves, settings).run();
}

}  // namespace cairn
