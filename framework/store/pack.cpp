#include "store/pack.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <cairn/error.h>

#include "base/little_endian.h"
#include "base/text_bytes.h"
#include "base/xxh3.h"
#include "base/zstd.h"
#include "store/seal/locked_bytes.h"

namespace cairn {

namespace {

constexpr std::string_view kHead = "cairnpk1";
constexpr std::string_view kSealedHead = "cairnps1";
constexpr std::string_view kTail = "cairnpe1";
constexpr uint32_t kBlockMagic = 0x314B4C42;  // "BLK1"
constexpr size_t kFixedHeader = 56;
constexpr size_t kLargestHeader = kFixedHeader + 32 * kMostOperands + 8 * kMostScalars;
constexpr int kIndexLevel = 3;
constexpr size_t kLeastMemory = 64u << 10;
constexpr uint32_t kSkippedFrame = 0x184D2A50;
constexpr uint32_t kSealedMagic = 0x314B4253;                 // "SBK1"
constexpr size_t kSealedFront = 4 + 4 + sizeof(Hash::bytes);  // magic, size of what is closed, name
constexpr std::string_view kBlockKind = "block";
constexpr std::string_view kIndexKind = "index";

uint32_t check_of(std::span<const std::byte> payload) {
  return static_cast<uint32_t>(xxh3(payload));
}

std::vector<std::byte> header_bytes(const BlockHeader& header) {
  ByteWriter out;
  out.number(kBlockMagic)
      .number(header.codec)
      .number(header.element)
      .number(header.formula)
      .number(static_cast<uint8_t>(header.operands.size()))
      .number(static_cast<uint8_t>(header.scalars.size()))
      .number(uint8_t{0})
      .number(header.depth)
      .number(header.raw_size)
      .number(header.stored_size)
      .number(header.check)
      .raw(std::as_bytes(std::span(header.name.bytes)));
  for (const Hash& operand : header.operands) out.raw(std::as_bytes(std::span(operand.bytes)));
  for (const double scalar : header.scalars) out.real(scalar);
  return out.take();
}

Hash read_hash(ByteReader& in) {
  Hash hash;
  const auto raw = in.raw(hash.bytes.size());
  std::memcpy(hash.bytes.data(), raw.data(), raw.size());
  return hash;
}

// Random bytes in a frame that a decoder passes over: no pack has the name of another. The nonces of a sealed one do as
// much.
std::vector<std::byte> name_frame() {
  std::array<std::byte, 16> random{};
  fill_random(random);
  return ByteWriter().number(kSkippedFrame).number(static_cast<uint32_t>(random.size())).raw(random).take();
}

BlockHeader read_header(ByteReader& in, const std::string& what) {
  if (in.number<uint32_t>() != kBlockMagic) fail(Code::DataLoss, what, " is damaged: no block where one should begin");
  BlockHeader header;
  header.codec = in.number<uint8_t>();
  header.element = in.number<uint8_t>();
  header.formula = in.number<uint8_t>();
  const size_t operands = in.number<uint8_t>();
  const size_t scalars = in.number<uint8_t>();
  const uint8_t reserved = in.number<uint8_t>();
  header.depth = in.number<uint16_t>();
  header.raw_size = in.number<uint32_t>();
  header.stored_size = in.number<uint32_t>();
  header.check = in.number<uint32_t>();
  if (operands > kMostOperands || scalars > kMostScalars || reserved != 0 || header.raw_size > kBlockSize ||
      header.stored_size > header.raw_size) {
    fail(Code::DataLoss, what, " is damaged: a block's header is out of bounds");
  }
  header.name = read_hash(in);
  for (size_t i = 0; i < operands; ++i) header.operands.push_back(read_hash(in));
  for (size_t i = 0; i < scalars; ++i) header.scalars.push_back(in.real());
  return header;
}

}  // namespace

// Laid out at once as it will stand in the pack, and closed where it lies.
void close_block(EncodedBlock& block, const Seal& seal) {
  block.header.check = check_of(block.payload);
  const std::vector<std::byte> header = header_bytes(block.header);
  const Hash name = seal.name_of(seal.newest(), block.header.name);
  const size_t closed = header.size() + block.payload.size() + Seal::kOverhead;
  const std::vector<std::byte> front = ByteWriter()
                                           .number(kSealedMagic)
                                           .number(static_cast<uint32_t>(closed))
                                           .raw(std::as_bytes(std::span(name.bytes)))
                                           .take();
  std::vector<std::byte> out;
  out.reserve(kSealedFront + closed);
  out.insert(out.end(), front.begin(), front.end());
  out.resize(kSealedFront + Seal::kFront);
  out.insert(out.end(), header.begin(), header.end());
  out.insert(out.end(), block.payload.begin(), block.payload.end());
  out.resize(kSealedFront + closed);
  seal.close_in_place(kBlockKind, name.hex(), std::span(out).subspan(kSealedFront));
  block.payload = std::move(out);
}

PackWriter::PackWriter(const Seal* seal, PageVector<std::byte> memory) : seal_(seal), bytes_(std::move(memory)) {
  bytes_.clear();
  bytes_.reserve(kLeastMemory);
  const std::string_view head = seal == nullptr ? kHead : kSealedHead;
  append(bytes_of(head));
}

void PackWriter::append(std::span<const std::byte> bytes) {
  const size_t at = bytes_.size();
  bytes_.resize(at + bytes.size());
  if (!bytes.empty()) std::memcpy(bytes_.data() + at, bytes.data(), bytes.size());
}

void PackWriter::add(const EncodedBlock& block) {
  BlockHeader checked = block.header;
  if (seal_ == nullptr) checked.check = check_of(block.payload);
  const auto header = header_bytes(checked);
  const size_t around = seal_ == nullptr ? 0 : kSealedFront + Seal::kOverhead + header.size();
  if (block.payload.size() != block.header.stored_size + around || block.header.stored_size > block.header.raw_size ||
      block.header.raw_size > kBlockSize || block.header.operands.size() > kMostOperands ||
      block.header.scalars.size() > kMostScalars || count_ == kMostBlocks) {
    fail(Code::Internal, "a block that no pack can hold: ", block.header.raw_size, " bytes stored as ",
         block.payload.size());
  }
  if (seal_ == nullptr) append(header);
  append(block.payload);
  index_.insert(index_.end(), header.begin(), header.end());
  ++count_;
}

PageVector<std::byte> PackWriter::finish() {
  const uint64_t offset = bytes_.size();
  auto index = compress(index_, kIndexLevel);
  if (seal_ == nullptr) {
    const auto name = name_frame();
    index.insert(index.end(), name.begin(), name.end());
  } else {
    index = seal_->close(kIndexKind, "", index);
  }
  append(index);
  const Hash hash = sha256(index);
  ByteWriter tail;
  tail.number(offset)
      .number(static_cast<uint32_t>(index.size()))
      .number(static_cast<uint32_t>(index_.size()))
      .number(count_)
      .raw(std::as_bytes(std::span(hash.bytes)))
      .raw(kTail);
  append(tail.take());
  return std::move(bytes_);
}

PackTail parse_pack_tail(std::span<const std::byte> bytes, uint64_t pack_size, const std::string& what) {
  ByteReader in(bytes, what);
  PackTail tail;
  tail.index_offset = in.number<uint64_t>();
  tail.index_size = in.number<uint32_t>();
  tail.index_raw_size = in.number<uint32_t>();
  tail.count = in.number<uint32_t>();
  tail.index_hash = read_hash(in);
  const auto magic = in.raw(kTail.size());
  const std::string_view found = text_of(magic);
  if (found != kTail || in.left() != 0) fail(Code::DataLoss, what, " is damaged: it does not end as a pack does");
  if (pack_size < kPackMagicSize + kPackTailSize || tail.index_offset < kPackMagicSize ||
      tail.index_offset > pack_size || tail.index_offset + tail.index_size + kPackTailSize != pack_size ||
      tail.count > kMostBlocks || tail.index_raw_size > tail.count * kLargestHeader ||
      tail.index_raw_size < tail.count * kFixedHeader) {
    fail(Code::DataLoss, what, " is damaged: its footer is out of bounds");
  }
  return tail;
}

PackTail tail_of_pack(std::span<const std::byte> pack, const std::string& what) {
  if (pack.size() < kPackMagicSize + kPackTailSize)
    fail(Code::DataLoss, what, " is damaged: ", pack.size(), " bytes are no pack");
  return parse_pack_tail(pack.last(kPackTailSize), pack.size(), what);
}

std::vector<PackEntry> parse_pack_index(std::span<const std::byte> index, const PackTail& tail, const std::string& what,
                                        const Seal* seal) {
  if (index.size() != tail.index_size || sha256(index) != tail.index_hash) {
    fail(Code::DataLoss, what, " is damaged: its index does not have the hash that the footer names");
  }
  std::vector<std::byte> opened;
  if (seal != nullptr) {
    opened.assign(index.begin(), index.end());
    index = seal->open(kIndexKind, "", opened, "the index of " + what);
  }
  const size_t around = seal == nullptr ? 0 : kSealedFront + Seal::kOverhead;
  std::vector<std::byte> raw(tail.index_raw_size);
  decompress(index.first(frame_size(index, what)), raw, "the index of " + what);
  ByteReader in(raw, "the index of " + what);
  std::vector<PackEntry> entries(tail.count);
  uint64_t offset = kPackMagicSize;
  for (PackEntry& entry : entries) {
    const size_t begin = in.at();
    entry.header = read_header(in, what);
    entry.offset = offset;
    entry.length = in.at() - begin + entry.header.stored_size + around;
    offset += entry.length;
  }
  if (in.left() != 0 || offset != tail.index_offset) {
    fail(Code::DataLoss, what, " is damaged: its blocks do not fill it");
  }
  return entries;
}

std::span<const std::byte> payload_of(std::span<const std::byte> stored, const PackEntry& entry,
                                      const std::string& what) {
  const auto header = header_bytes(entry.header);
  if (stored.size() != header.size() + entry.header.stored_size ||
      !std::equal(header.begin(), header.end(), stored.begin())) {
    fail(Code::DataLoss, what, " is damaged: block ", entry.header.name.hex(), " is not where the index says");
  }
  const auto payload = stored.subspan(header.size());
  if (check_of(payload) != entry.header.check) {
    fail(Code::DataLoss, what, " is damaged: block ", entry.header.name.hex(), " has other bytes than were written");
  }
  return payload;
}

std::span<const std::byte> open_block(std::span<std::byte> stored, const PackEntry& entry, const std::string& what,
                                      const Seal& seal) {
  ByteReader in(stored, what);
  const auto magic = in.number<uint32_t>();
  const auto size = in.number<uint32_t>();
  const Hash name = read_hash(in);
  const std::string block = cat("block ", entry.header.name.hex(), " in ", what);
  const auto closed = stored.subspan(kSealedFront);
  if (magic != kSealedMagic || size != closed.size() || size < Seal::kOverhead ||
      name != seal.name_of(Seal::epoch_of(closed), entry.header.name)) {
    fail(Code::DataLoss, block, " is damaged: it is not where the index says");
  }
  return payload_of(seal.open(kBlockKind, name.hex(), closed, block), entry, what);
}

PageVector<std::byte> under_another_name(std::span<const std::byte> pack, const std::string& what, const Seal* seal) {
  const PackTail tail = tail_of_pack(pack, what);
  PackWriter writer(seal);
  for (const PackEntry& entry : parse_pack_index(pack.subspan(tail.index_offset, tail.index_size), tail, what, seal)) {
    const auto stored = pack.subspan(entry.offset, entry.length);
    const auto payload = seal == nullptr ? payload_of(stored, entry, what) : stored;
    writer.add({entry.header, {payload.begin(), payload.end()}});
  }
  return writer.finish();
}

uint64_t scan_pack(std::span<const std::byte> pack, const std::function<void(const PackEntry&)>& found) {
  const std::string what = "the pack";
  uint64_t good = 0;
  try {
    ByteReader in(pack, what);
    const auto magic = in.raw(kHead.size());
    if (text_of(magic) != kHead) return 0;
    good = in.at();
    while (in.left() > 0) {
      PackEntry entry;
      entry.offset = in.at();
      entry.header = read_header(in, what);
      in.raw(entry.header.stored_size);
      entry.length = in.at() - entry.offset;
      found(entry);
      good = in.at();
    }
  } catch (const Error&) {  // the end of what can be understood is this function's result
  }
  return good;
}

}  // namespace cairn
