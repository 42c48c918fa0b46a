// A record is its length and its CRC-32C, both little-endian 32 bit, then the bytes. The CRC covers the length too.
#include <boost/crc.hpp>
#include <cstring>

#include <cairn/file.h>

namespace cairn {

namespace {

constexpr uint32_t kLongestRecord = 64u << 20;
constexpr uint64_t kLongestJournal = 4ull << 30;
constexpr size_t kHeader = 8;

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

void store_u32(std::byte* to, uint32_t value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<std::byte>(value >> 8 * i);
}

uint32_t load_u32(const std::byte* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= static_cast<uint32_t>(from[i]) << 8 * i;
  return value;
}

uint32_t crc_of(const std::byte* length, std::span<const std::byte> record) {
  Crc32c crc;
  crc.process_bytes(length, 4);
  crc.process_bytes(record.data(), record.size());
  return crc.checksum();
}

Bytes framed(std::span<const std::byte> record) {
  if (record.size() > kLongestRecord) {
    fail(Code::InvalidArgument, "a journal record has ", record.size(), " bytes; at most ", kLongestRecord,
         " are allowed");
  }
  Bytes out(kHeader + record.size());
  store_u32(out.data(), static_cast<uint32_t>(record.size()));
  store_u32(out.data() + 4, crc_of(out.data(), record));
  if (!record.empty()) std::memcpy(out.data() + kHeader, record.data(), record.size());
  return out;
}

}  // namespace

Journal::Journal(FileSystem& files, const Path& path, const std::function<void(std::span<const std::byte>)>& replay)
    : files_(files), path_(path) {
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  files_.make_folders(folder);
  const bool fresh = !files_.stat(path);
  file_ = files_.open(path, Open::Append);
  if (fresh) files_.sync_folder(folder);
  if (file_->size() > kLongestJournal) fail(Code::DataLoss, path.string(), " is longer than a journal may be");
  Bytes bytes(file_->size());
  bytes.resize(file_->read(0, bytes));
  size_t at = 0;
  while (bytes.size() - at >= kHeader) {
    const uint32_t length = load_u32(bytes.data() + at);
    if (length > bytes.size() - at - kHeader) break;
    const auto record = std::span<const std::byte>(bytes).subspan(at + kHeader, length);
    if (load_u32(bytes.data() + at + 4) != crc_of(bytes.data() + at, record)) break;
    replay(record);
    at += kHeader + length;
  }
  size_ = at;
  cut_ = bytes.size() - at;
  if (cut_ > 0) {
    file_->truncate(at);
    file_->sync();
  }
}

void Journal::append(std::span<const std::byte> record) {
  const Bytes bytes = framed(record);
  try {
    if (file_ == nullptr) {  // a rewrite did not come to its end
      file_ = files_.open(path_, Open::Append);
      size_ = file_->size();
    }
    if (file_->size() != size_) file_->truncate(size_);  // what a failed append could not take back
    file_->append(bytes);
  } catch (Error& error) {
    // What was written of the record is taken back, so that the next one does not stand behind a torn one.
    try {
      if (file_ != nullptr) file_->truncate(size_);
    } catch (const Error& second) {
      error.note(second.message());
    }
    throw error.note(cat("while appending to ", path_.string()));
  }
  size_ += bytes.size();
}

void Journal::sync() {
  if (file_ != nullptr) file_->sync();
}

void Journal::rewrite(std::span<const Bytes> records) {
  Bytes all;
  for (const Bytes& record : records) {
    const Bytes bytes = framed(record);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  file_.reset();  // the name may belong to another file from here on
  write_durably(files_, path_, all);
  size_ = all.size();
  file_ = files_.open(path_, Open::Append);
}

}  // namespace cairn
