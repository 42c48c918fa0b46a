// Reads zip archives (PKWARE APPNOTE 6.3) whose entries are stored as they are: what torch.save writes.
#pragma once
#include <cstddef>
#include <map>
#include <span>
#include <string>

namespace cairn {

inline constexpr size_t kMaxZipEntries = 1'000'000;

// Borrows the bytes. [any thread]
class StoredZip {
 public:
  // DataLoss, naming `source`, for anything that is not exactly such an archive: lengths and places beyond the bytes,
  // compressed or encrypted entries, names that stand there twice, more than kMaxZipEntries.
  StoredZip(std::span<const std::byte> bytes, std::string source);
  bool has(const std::string& name) const { return entries_.contains(name); }
  // NotFound for a name that there is not; DataLoss when the bytes do not match the archive's CRC-32.
  std::span<const std::byte> read(const std::string& name) const;
  // The only entry whose name ends in `suffix`; DataLoss for none or several.
  std::string only(const std::string& suffix) const;

 private:
  struct Entry {
    uint64_t offset = 0, size = 0;  // of the data
    uint32_t crc = 0;
  };
  struct Directory {
    uint64_t offset = 0, size = 0, entries = 0;
  };
  Directory directory() const;
  Directory directory64(uint64_t end) const;
  void add(class ByteReader& reader);
  uint64_t data_offset(const std::string& name, uint64_t header, uint64_t size) const;
  std::span<const std::byte> part(uint64_t offset, uint64_t size, const std::string& what) const;
  [[noreturn]] void bad(const std::string& what) const;

  std::span<const std::byte> bytes_;
  std::string source_;
  std::map<std::string, Entry> entries_;
};

}  // namespace cairn
