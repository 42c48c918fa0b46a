#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <functional>

#include <cairn/file.h>

namespace cairn {

namespace {

constexpr std::chrono::hours kForeignAge{24};  // a file of another machine that nobody has written to for so long

// Where a process's number means something: the machine since its start, and the numbers' name space. A folder may be
// shared with other machines and containers.
const std::string& own_place() {
  static const std::string* const place = [] {
    std::string boot;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
    char space[128] = {};
    if (::readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0) space[0] = '\0';
    return new std::string(cat(std::hex, std::hash<std::string>()(boot + space)));
  }();
  return *place;
}

// Unique among all writers of a folder: process, count, chance, and the place against another machine's process of the
// same number.
std::string temporary_name() {
  static std::atomic<uint64_t> count{0};
  uint32_t chance = 0;
  if (::getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance) chance = static_cast<uint32_t>(::getppid());
  return cat(kTemporaryPrefix, ::getpid(), "-", count++, "-", chance, "-", own_place());
}

// Whether whoever wrote it writes no more.
bool is_stale(const std::string& name, const FileInfo& info) {
  if (info.folder) return false;
  if (std::chrono::system_clock::now() - info.modified > kForeignAge) return true;
  if (!name.ends_with("-" + own_place())) return false;
  int64_t pid = 0;
  std::from_chars(name.data() + kTemporaryPrefix.size(), name.data() + name.size(), pid);
  return pid > 0 && ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

void quietly_remove(FileSystem& files, const Path& path) {
  try {
    files.remove(path);
  } catch (const Error&) {  // the error that led here is the one to report; the name is swept later
  }
}

// Writes and syncs the temporary file; false when the sync failed, which is final for this file but not for the bytes.
bool write_temporary(FileSystem& files, const Path& temporary, std::span<const std::byte> bytes, bool last_try) {
  auto file = files.open(temporary, Open::CreateNew);
  file->preallocate(bytes.size());
  file->append(bytes);
  if (file->size() != bytes.size()) {
    fail(Code::Unavailable, "short write: ", temporary.string(), " has ", file->size(), " bytes instead of ",
         bytes.size());
  }
  try {
    file->sync();
  } catch (const Error&) {
    if (last_try) throw;
    return false;
  }
  return true;
}

}  // namespace

bool write_durably(FileSystem& files, const Path& path, std::span<const std::byte> bytes, Existing existing) {
  const Path folder = path.has_parent_path() ? path.parent_path() : Path(".");
  if (existing == Existing::Keep && files.stat(path)) {
    files.sync_folder(folder);  // whoever wrote it may have failed at that
    return false;
  }
  Path temporary = folder / temporary_name();
  try {
    try {
      if (!write_temporary(files, temporary, bytes, false)) {
        quietly_remove(files, temporary);
        temporary = folder / temporary_name();
        write_temporary(files, temporary, bytes, true);
      }
    } catch (const Error& error) {
      if (error.code() != Code::NotFound) throw;
      files.make_folders(folder);
      write_temporary(files, temporary, bytes, true);
    }
    if (existing == Existing::Keep) {
      files.set_read_only(temporary);
      if (!files.rename_if_absent(temporary, path)) {
        files.remove(temporary);
        files.sync_folder(folder);  // whoever was faster may not have come to it yet
        return false;
      }
    } else {
      files.rename(temporary, path);
    }
  } catch (Error& error) {
    quietly_remove(files, temporary);
    throw error.note(cat("while writing ", path.string(), " durably"));
  }
  files.sync_folder(folder);
  return true;
}

Bytes read_whole(FileSystem& files, const Path& path, uint64_t limit) {
  auto file = files.open(path, Open::Read);
  const uint64_t size = file->size();
  if (size > limit) {
    fail(Code::DataLoss, path.string(), " has ", size, " bytes; at most ", limit, " are expected there");
  }
  Bytes bytes(size);
  if (file->read(0, bytes) != size) fail(Code::Unavailable, path.string(), " became shorter while it was read");
  return bytes;
}

int remove_stale_temporaries(FileSystem& files, const Path& folder) {
  int removed = 0;
  for (const std::string& name : files.list(folder)) {
    const Path path = folder / name;
    const auto info = files.stat(path);
    if (info && info->folder) removed += remove_stale_temporaries(files, path);
    if (!info || !name.starts_with(kTemporaryPrefix) || !is_stale(name, *info)) continue;
    files.remove(path);
    ++removed;
  }
  return removed;
}

}  // namespace cairn
