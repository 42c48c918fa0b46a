// 1. The closure: wanted blocks and, through their operands, all that they are encoded against.
// 2. Groups of them that have no operand in common, small ones together; one after the other, so that what is only an
//    operand lives shortly.
// 3. In a group depth by depth, so that operands are decoded before they are used: read the stored bytes, neighbours in
//    one go;
// 4. decode in parallel, and free what no deeper block needs.
// 5. Check the names of all wanted blocks, many side by side.
#include "checkpoint/pipeline/block_reader.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <unordered_map>

#include <cairn/error.h>

#include "base/parallel.h"
#include "base/sha256_each.h"
#include "checkpoint/codec/block_codec.h"
#include "checkpoint/pipeline/closure.h"
#include "checkpoint/pipeline/spare_memory.h"

namespace cairn {

namespace {

constexpr uint64_t kLargestGap = 64u << 10;  // cheaper to read than to begin again
constexpr uint64_t kLargestRead = 8u << 20;  // so little that the allocator gives the same memory again
constexpr uint64_t kWorthThreads = 256u << 10;
constexpr uint64_t kLeastGroup = 16u << 20;  // raw bytes
constexpr uint64_t kMostGroups = 8;          // each begins its reads anew, which a remote store answers after a while

struct Node {
  Store::Place place;
  std::vector<uint32_t> operands;             // numbers of nodes
  std::vector<std::span<std::byte>> targets;  // empty: only an operand
  SpareMemory::Piece own;                     // decoded bytes without a target
  uint32_t users = 0;                         // blocks that still need it
  std::span<std::byte> stored;
  std::span<std::byte> bytes() const {
    return targets.empty() ? std::span(own.bytes.get(), place.entry.header.raw_size) : targets[0];
  }
};

class Reader {
 public:
  Reader(Store& store, int threads) : store_(store), closure_(store), seal_(store.seal()), threads_(threads) {}

  void run(std::span<const WantedBlock> wanted) {
    plan(wanted);
    for (std::vector<uint32_t>& group : groups()) read_group(group);
    check_names();
  }

 private:
  uint16_t depth(uint32_t node) const { return nodes_[node].place.entry.header.depth; }
  std::tuple<uint16_t, const Hash&, uint64_t> key(uint32_t node) const {
    const Store::Place& place = nodes_[node].place;
    return {place.entry.header.depth, place.pack, place.entry.offset};
  }

  uint32_t node_of(const Hash& name, std::vector<uint32_t>& fresh) {
    const auto [it, added] = numbers_.emplace(name, static_cast<uint32_t>(nodes_.size()));
    if (!added) return it->second;
    nodes_.emplace_back().place = closure_.need(name);
    fresh.push_back(it->second);
    return it->second;
  }

  void plan(std::span<const WantedBlock> wanted) {
    std::vector<uint32_t> open;
    for (const WantedBlock& block : wanted) {
      const uint32_t number = node_of(block.name, open);
      const BlockHeader& header = nodes_[number].place.entry.header;
      if (header.raw_size != block.into.size()) {
        fail(Code::DataLoss, "block ", block.name.hex(), " has ", header.raw_size, " bytes where ", block.into.size(),
             " are expected");
      }
      nodes_[number].targets.push_back(block.into);
    }
    while (!open.empty()) {
      const uint32_t number = open.back();
      open.pop_back();
      const BlockHeader header = nodes_[number].place.entry.header;
      for (const Hash& operand : header.operands) {
        const uint32_t other = node_of(operand, open);
        const BlockHeader& theirs = nodes_[other].place.entry.header;
        if (theirs.raw_size != header.raw_size) {
          fail(Code::DataLoss, "block ", header.name.hex(), " is damaged: its operand ", operand.hex(),
               " does not fit it");
        }
        nodes_[number].operands.push_back(other);
        ++nodes_[other].users;
      }
    }
  }

  // Numbers of nodes; related ones, with an operand in common, have the same root.
  static uint32_t root(std::vector<uint32_t>& above, uint32_t node) {
    while (above[node] != node) node = above[node] = above[above[node]];
    return node;
  }

  std::vector<std::vector<uint32_t>> related() {
    std::vector<uint32_t> above(nodes_.size());
    std::iota(above.begin(), above.end(), 0);
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      for (const uint32_t operand : nodes_[i].operands) {
        const auto [low, high] = std::minmax({root(above, i), root(above, operand)});
        above[high] = low;
      }
    }
    std::vector<std::vector<uint32_t>> out(nodes_.size());
    for (uint32_t i = 0; i < nodes_.size(); ++i) out[root(above, i)].push_back(i);
    return out;
  }

  std::vector<std::vector<uint32_t>> groups() {
    uint64_t total = 0, size = 0;
    for (const Node& node : nodes_) total += node.place.entry.header.raw_size;
    const uint64_t enough = std::max(kLeastGroup, total / kMostGroups);
    std::vector<std::vector<uint32_t>> out(1);
    for (const std::vector<uint32_t>& family : related()) {
      for (const uint32_t node : family) size += nodes_[node].place.entry.header.raw_size;
      out.back().insert(out.back().end(), family.begin(), family.end());
      if (size < enough) continue;
      out.emplace_back();
      size = 0;
    }
    return out;
  }

  void read_group(std::vector<uint32_t>& order) {
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
    for (size_t begin = 0; begin < order.size();) {
      size_t end = begin;
      while (end < order.size() && depth(order[end]) == depth(order[begin])) ++end;
      level(std::span(order).subspan(begin, end - begin));
      begin = end;
    }
  }

  // All of one depth, sorted by pack and offset.
  void level(std::span<const uint32_t> order) {
    for (size_t begin = 0; begin < order.size();) {
      std::vector<Bytes> read;
      size_t end = begin;
      uint64_t total = 0;
      while (end < order.size() && total < kLargestRead) {
        const size_t next = run_of(order, end);
        read.push_back(read_run(order.subspan(end, next - end)));
        total += read.back().size();
        end = next;
      }
      const auto batch = order.subspan(begin, end - begin);
      const int threads = total >= kWorthThreads ? threads_ : 1;
      parallel_for(batch.size(), threads, [&](size_t i) { decode(nodes_[batch[i]]); });
      for (const uint32_t number : batch) release_operands(nodes_[number]);
      begin = end;
    }
  }

  // Where the blocks that are read together with order[begin] end.
  size_t run_of(std::span<const uint32_t> order, size_t begin) const {
    const Store::Place& first = nodes_[order[begin]].place;
    uint64_t reach = first.entry.offset + first.entry.length;
    size_t end = begin + 1;
    for (; end < order.size(); ++end) {
      const Store::Place& next = nodes_[order[end]].place;
      if (next.pack != first.pack || next.entry.offset > reach + kLargestGap ||
          next.entry.offset + next.entry.length - first.entry.offset > kLargestRead) {
        break;
      }
      reach = next.entry.offset + next.entry.length;
    }
    return end;
  }

  Bytes read_run(std::span<const uint32_t> run) {
    const Store::Place& first = nodes_[run.front()].place;
    const Store::Place& last = nodes_[run.back()].place;
    Bytes bytes =
        store_.read(first.pack, first.entry.offset, last.entry.offset + last.entry.length - first.entry.offset);
    for (const uint32_t number : run) {
      const Store::Place& place = nodes_[number].place;
      nodes_[number].stored = std::span(bytes).subspan(place.entry.offset - first.entry.offset, place.entry.length);
    }
    return bytes;
  }

  void decode(Node& node) {
    const PackEntry& entry = node.place.entry;
    const std::string what = pack_key(node.place.pack);
    const BytesView payload =
        seal_ == nullptr ? payload_of(node.stored, entry, what) : open_block(node.stored, entry, what, *seal_);
    std::vector<BytesView> operands;
    for (const uint32_t number : node.operands) operands.push_back(nodes_[number].bytes());
    if (node.targets.empty()) node.own = spare_.take(entry.header.raw_size);
    const std::span<std::byte> into = node.bytes();
    decode_block(entry.header, payload, operands, into);
    for (size_t i = 1; i < node.targets.size(); ++i) std::copy(into.begin(), into.end(), node.targets[i].begin());
  }

  // What is only an operand shows in the blocks that are made of it.
  void check_names() {
    std::vector<const Node*> wanted;
    std::vector<BytesView> contents;
    for (const Node& node : nodes_) {
      if (node.targets.empty()) continue;
      wanted.push_back(&node);
      contents.push_back(node.bytes());
    }
    const std::vector<Hash> found = sha256_each(contents, threads_);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Hash& name = wanted[i]->place.entry.header.name;
      if (found[i] == name) continue;
      fail(Code::DataLoss, "block ", name.hex(), " in ", pack_key(wanted[i]->place.pack),
           " is damaged: it has another hash");
    }
  }

  void release_operands(const Node& node) {
    for (const uint32_t number : node.operands) {
      Node& operand = nodes_[number];
      if (--operand.users == 0 && operand.targets.empty()) spare_.give_back(std::move(operand.own));
    }
  }

  Store& store_;
  Closure closure_;
  const Seal* seal_;
  int threads_;
  SpareMemory spare_;
  std::vector<Node> nodes_;
  std::unordered_map<Hash, uint32_t, HashOfHash> numbers_;
};

}  // namespace

void read_blocks(Store& store, std::span<const WantedBlock> wanted, int threads) {
  Reader(store, threads).run(wanted);
}

uint32_t block_size(Store& store, const Hash& name) {
  return Closure(store).need(name).entry.header.raw_size;
}

}  // namespace cairn
