// A file holds one piece of an object: the XXH3 of its bytes, then these. Its name is the SHA-256 of the key and the
// piece's number.
#include "backend/cache.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <vector>

#include <cairn/error.h>

#include "base/sha256.h"
#include "base/xxh3.h"

namespace cairn {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kPiece = 1u << 20;
constexpr size_t kHead = sizeof(uint64_t);

struct Kept {
  fs::file_time_type used;
  uint64_t size = 0;
  Path path;
};

std::vector<Kept> files_below(const Path& folder) {
  std::vector<Kept> files;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(folder, ignored)) {
    std::error_code gone;  // another process may remove it just now
    const Kept file{entry.last_write_time(gone), entry.file_size(gone), entry.path()};
    if (!gone && entry.is_regular_file(gone)) files.push_back(file);
  }
  return files;
}

}  // namespace

Path Cached::file_of(const std::string& key, uint64_t piece) const {
  const std::string name = sha256(key).hex();
  return options_.folder / name.substr(0, 2) / cat(name.substr(2), "-", piece);
}

PutResult Cached::put(const std::string& key, std::span<const std::byte> bytes, PutMode mode) {
  const PutResult result = inner_.put(key, bytes, mode);
  if (key.starts_with(options_.prefix)) keep(key, 0, bytes);
  return result;
}

std::optional<Bytes> Cached::get(const std::string& key, const ByteRange& range) {
  if (!range.length || *range.length == 0 || !key.starts_with(options_.prefix)) return inner_.get(key, range);
  const uint64_t first = range.offset / kPiece, last = (range.offset + *range.length - 1) / kPiece;
  Bytes all;
  bool asked = false;
  for (uint64_t piece = first; piece <= last; piece = first + all.size() / kPiece) {
    auto bytes = kept(key, piece);
    if (!bytes) {
      bytes = fetch(key, piece, last);
      asked = true;
    }
    if (!bytes) return std::nullopt;
    all.insert(all.end(), bytes->begin(), bytes->end());
    if (bytes->empty() || all.size() % kPiece != 0) break;  // the object ends
  }
  if (!asked && !inner_.stat(key)) return std::nullopt;  // what was removed is not there, whatever is kept of it
  const size_t begin = std::min<size_t>(range.offset - first * kPiece, all.size());
  const size_t length = std::min<size_t>(*range.length, all.size() - begin);
  std::copy(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(begin + length),
            all.begin());
  all.resize(length);
  return all;
}

std::optional<Bytes> Cached::kept(const std::string& key, uint64_t piece) {
  const Path path = file_of(key, piece);
  try {
    Bytes bytes = read_whole(*options_.files, path, kHead + kPiece);
    uint64_t hash = 0;
    if (bytes.size() < kHead) return std::nullopt;
    std::memcpy(&hash, bytes.data(), kHead);
    bytes.erase(bytes.begin(), bytes.begin() + kHead);
    if (xxh3(bytes) != hash) return std::nullopt;
    std::error_code ignored;
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
    return bytes;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The pieces from `first` on, up to the next that is kept.
std::optional<Bytes> Cached::fetch(const std::string& key, uint64_t first, uint64_t last) {
  uint64_t end = first + 1;
  while (end <= last && !options_.files->stat(file_of(key, end))) ++end;
  auto bytes = inner_.get(key, {first * kPiece, (end - first) * kPiece});
  if (bytes) keep(key, first, *bytes);
  return bytes;
}

void Cached::keep(const std::string& key, uint64_t first, std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  if (off_ || bytes.size() > options_.most_bytes) return;
  try {
    make_room(bytes.size());
    for (uint64_t at = 0; at < bytes.size(); at += kPiece)
      write(key, first + at / kPiece, bytes.subspan(at, std::min<uint64_t>(kPiece, bytes.size() - at)));
    *used_ += bytes.size();
  } catch (const Error& error) {
    off_ = true;
    options_.log->warn("the cache ", options_.folder.string(), " is used no more: ", error.message());
  }
}

// Not durable: a file that a power cut tears has another hash.
void Cached::write(const std::string& key, uint64_t piece, std::span<const std::byte> bytes) {
  FileSystem& files = *options_.files;
  const Path path = file_of(key, piece);
  const Path temporary = path.parent_path() / cat(kTemporaryPrefix, getpid(), "-", path.filename().string());
  const uint64_t hash = xxh3(bytes);
  files.make_folders(path.parent_path());
  files.remove(temporary);
  try {
    const auto file = files.open(temporary, Open::CreateNew);
    file->append(std::as_bytes(std::span(&hash, 1)));
    file->append(bytes);
    files.rename(temporary, path);
  } catch (const Error&) {
    files.remove(temporary);
    throw;
  }
}

// To nine tenths, so that it need not be done at every turn.
void Cached::make_room(uint64_t bytes) {
  if (used_ && *used_ + bytes <= options_.most_bytes) return;
  std::vector<Kept> files = files_below(options_.folder);
  uint64_t used = 0;
  for (const Kept& file : files) used += file.size;
  if (used + bytes > options_.most_bytes) {
    std::sort(files.begin(), files.end(),
              [](const Kept& a, const Kept& b) { return std::tie(a.used, a.path) < std::tie(b.used, b.path); });
    for (const Kept& file : files) {
      if (used + bytes <= options_.most_bytes / 10 * 9) break;
      options_.files->remove(file.path);
      used -= file.size;
    }
  }
  used_ = used;
}

}  // namespace cairn
