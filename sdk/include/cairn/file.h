// Files that must survive: one interface to the file system that tests can replace, one function that writes a file
// durably, one class that appends to a journal.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <cairn/error.h>

namespace cairn {

using Bytes = std::vector<std::byte>;
using Path = std::filesystem::path;

// An open file. One thread at a time. Closing happens in the destructor and reports nothing: what must be known is
// asked by sync().
class CAIRN_API File {
 public:
  virtual ~File();
  virtual void append(std::span<const std::byte> bytes) = 0;            // all of it, or an error
  virtual size_t read(uint64_t offset, std::span<std::byte> into) = 0;  // fewer bytes only at the end
  virtual uint64_t size() = 0;
  virtual void preallocate(uint64_t size) = 0;  // reserves space; the size stays
  virtual void truncate(uint64_t size) = 0;
  virtual void sync() = 0;  // an error is final for this file
};

enum class Open { Read, CreateNew, Append };  // CreateNew: AlreadyExists when the name is taken; Append creates

struct FileInfo {
  uint64_t size = 0;
  bool folder = false;
  std::chrono::system_clock::time_point modified;
};

// [any thread] Errors: NotFound, AlreadyExists, PermissionDenied (also read-only file systems), ResourceExhausted (disk
// or quota full), InvalidArgument (name too long), Unavailable (input/output error).
class CAIRN_API FileSystem {
 public:
  virtual ~FileSystem();
  virtual std::unique_ptr<File> open(const Path& path, Open mode) = 0;
  virtual std::optional<FileInfo> stat(const Path& path) = 0;     // empty when absent; links are not followed
  virtual std::vector<std::string> list(const Path& folder) = 0;  // names, sorted; empty when the folder is absent
  virtual void make_folders(const Path& folder) = 0;              // durably, with everything on the way
  virtual void rename(const Path& from, const Path& to) = 0;      // replaces
  virtual bool rename_if_absent(const Path& from, const Path& to) = 0;  // false, nothing done: the name is taken
  virtual void remove(const Path& path) = 0;                            // a file or an empty folder; absent is fine
  virtual void set_read_only(const Path& path) = 0;
  virtual void sync_folder(const Path& folder) = 0;
};

// The file system of the machine. Immortal.
CAIRN_API FileSystem& real_files();

enum class Existing { Replace, Keep };

// Writes a file so that after the return it is whole on the disk, and before it there is nothing under the name or what
// was there. Temporary file in the same folder -> write -> length check -> fsync -> rename -> fsync of the folder; the
// folder is made when missing. An fsync error abandons the temporary file and writes once more from memory. On any
// error nothing stays behind. With Existing::Keep the file becomes read-only; false: the name was taken and nothing was
// changed.
CAIRN_API bool write_durably(FileSystem& files, const Path& path, std::span<const std::byte> bytes,
                             Existing existing = Existing::Replace);

// The whole file, at most `limit` bytes (more is DataLoss), or NotFound.
CAIRN_API Bytes read_whole(FileSystem& files, const Path& path, uint64_t limit);

// Temporary files of write_durably begin with this; whoever lists a folder skips them. The process number follows.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

// Removes what a killed writer left in a folder: temporary files of processes that are gone. Returns how many.
CAIRN_API int remove_stale_temporaries(FileSystem& files, const Path& folder);

// An append-only file of records, each with length and CRC-32C. What a power cut tore off at the end is cut when the
// journal is opened, so that a reader sees a prefix of what was appended, at least all that was synced. One thread at a
// time.
class CAIRN_API Journal {
 public:
  // Calls `replay` for every intact record, in order, then cuts the rest.
  Journal(FileSystem& files, const Path& path, const std::function<void(std::span<const std::byte>)>& replay);
  void append(std::span<const std::byte> record);  // at most 64 MiB
  void sync();
  uint64_t size_bytes() const { return size_; }
  uint64_t cut_bytes() const { return cut_; }  // torn off when it was opened
  // Begins anew with these records; durable, all or nothing.
  void rewrite(std::span<const Bytes> records);

 private:
  FileSystem& files_;
  Path path_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  uint64_t cut_ = 0;
};

}  // namespace cairn
