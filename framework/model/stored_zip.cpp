#include "model/stored_zip.h"

#include <algorithm>

#include <boost/crc.hpp>

#include "base/little_endian.h"
#include "base/text_bytes.h"

namespace cairn {
namespace {

constexpr uint32_t kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator64 = 0x07064b50, kCentral = 0x02014b50,
                   kLocal = 0x04034b50;
constexpr size_t kEndSize = 22, kLocatorSize = 20, kEnd64Size = 56, kCentralSize = 46, kLocalSize = 30;
constexpr size_t kLongestComment = 0xFFFF;
constexpr uint16_t kEncrypted = 1, kExtra64 = 1;
constexpr uint32_t kElsewhere = 0xFFFFFFFF;  // the number stands in the entry's extra field

// The 64-bit numbers of an extra field, of which there are those that the header left out, in its order.
void take_extra64(ByteReader extra, std::initializer_list<uint64_t*> numbers) {
  while (extra.left() >= 4) {
    const auto id = extra.number<uint16_t>();
    const auto size = extra.number<uint16_t>();
    ByteReader field(extra.raw(size), "the extra field of a zip entry");
    if (id != kExtra64) continue;
    for (uint64_t* number : numbers) {
      if (*number == kElsewhere) *number = field.number<uint64_t>();
    }
    return;
  }
}

}  // namespace

StoredZip::StoredZip(std::span<const std::byte> bytes, std::string source) : bytes_(bytes), source_(std::move(source)) {
  const Directory found = directory();
  if (found.entries > kMaxZipEntries) bad(cat("it says that it has ", found.entries, " entries"));
  ByteReader reader(part(found.offset, found.size, "its directory"), source_);
  for (uint64_t i = 0; i < found.entries; ++i) add(reader);
}

StoredZip::Directory StoredZip::directory() const {
  if (bytes_.size() < kEndSize) bad(cat("it has only ", bytes_.size(), " bytes"));
  const size_t last = bytes_.size() - kEndSize, first = last - std::min(last, kLongestComment);
  for (size_t at = last + 1; at-- > first;) {
    ByteReader reader(bytes_.subspan(at), source_);
    if (reader.number<uint32_t>() != kEnd) continue;
    reader.raw(6);
    Directory found;
    found.entries = reader.number<uint16_t>();
    found.size = reader.number<uint32_t>();
    found.offset = reader.number<uint32_t>();
    if (reader.number<uint16_t>() != reader.left()) continue;
    if (at < kLocatorSize) return found;
    ByteReader locator(bytes_.subspan(at - kLocatorSize), source_);
    if (locator.number<uint32_t>() != kLocator64) return found;
    locator.raw(4);
    return directory64(locator.number<uint64_t>());
  }
  bad("there is no directory at its end");
}

StoredZip::Directory StoredZip::directory64(uint64_t end) const {
  ByteReader reader(part(end, kEnd64Size, "its 64-bit directory"), source_);
  if (reader.number<uint32_t>() != kEnd64) bad("there is no 64-bit directory where it should be");
  reader.raw(28);
  Directory found;
  found.entries = reader.number<uint64_t>();
  found.size = reader.number<uint64_t>();
  found.offset = reader.number<uint64_t>();
  return found;
}

void StoredZip::add(ByteReader& reader) {
  ByteReader header(reader.raw(kCentralSize), source_);
  if (header.number<uint32_t>() != kCentral) bad("an entry of its directory has no signature");
  header.raw(4);
  const auto flags = header.number<uint16_t>(), method = header.number<uint16_t>();
  header.raw(4);
  const auto crc = header.number<uint32_t>();
  uint64_t packed = header.number<uint32_t>(), size = header.number<uint32_t>();
  const auto name_size = header.number<uint16_t>(), extra_size = header.number<uint16_t>(),
             comment_size = header.number<uint16_t>();
  header.raw(8);
  uint64_t offset = header.number<uint32_t>();
  const std::string name(text_of(reader.raw(name_size)));
  take_extra64(ByteReader(reader.raw(extra_size), source_), {&size, &packed, &offset});
  reader.raw(comment_size);
  if ((flags & kEncrypted) != 0) bad(cat("entry '", name, "' is encrypted"));
  if (method != 0 || packed != size) bad(cat("entry '", name, "' is compressed"));
  if (!entries_.emplace(name, Entry{data_offset(name, offset, size), size, crc}).second)
    bad(cat("entry '", name, "' stands there twice"));
}

uint64_t StoredZip::data_offset(const std::string& name, uint64_t header, uint64_t size) const {
  ByteReader reader(part(header, kLocalSize, "entry '" + name + "'"), source_);
  if (reader.number<uint32_t>() != kLocal) bad(cat("entry '", name, "' does not begin where the directory says"));
  reader.raw(22);
  const uint64_t name_size = reader.number<uint16_t>(), extra_size = reader.number<uint16_t>();
  const uint64_t data = header + kLocalSize + name_size + extra_size;
  part(data, size, "entry '" + name + "'");
  return data;
}

std::span<const std::byte> StoredZip::part(uint64_t offset, uint64_t size, const std::string& what) const {
  if (offset > bytes_.size() || size > bytes_.size() - offset) {
    bad(cat(what, " reaches from ", offset, " over ", size, " bytes, the file has ", bytes_.size()));
  }
  return bytes_.subspan(offset, size);
}

std::span<const std::byte> StoredZip::read(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail(Code::NotFound, source_, " has no entry '", name, "'");
  const auto data = bytes_.subspan(found->second.offset, found->second.size);
  boost::crc_32_type crc;
  crc.process_bytes(data.data(), data.size());
  if (crc.checksum() != found->second.crc) bad(cat("entry '", name, "' is damaged: its CRC-32 is another"));
  return data;
}

std::string StoredZip::only(const std::string& suffix) const {
  std::string found;
  for (const auto& [name, entry] : entries_) {
    if (!name.ends_with(suffix)) continue;
    if (!found.empty()) bad(cat("both '", found, "' and '", name, "' end in ", suffix));
    found = name;
  }
  if (found.empty()) bad(cat("no entry ends in ", suffix));
  return found;
}

void StoredZip::bad(const std::string& what) const {
  fail(Code::DataLoss, source_, " is not a readable zip archive of stored files: ", what, ". Get the file again.");
}

}  // namespace cairn
