// The real file system, over POSIX calls.
#include <cairn/file.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cairn {

File::~File() = default;
FileSystem::~FileSystem() = default;

namespace {

Code code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::NotFound;
    case EEXIST:
      return Code::AlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::PermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return Code::ResourceExhausted;
    case ENAMETOOLONG:
    case EINVAL:
    case EISDIR:
      return Code::InvalidArgument;
    default:
      return Code::Unavailable;
  }
}

[[noreturn]] void fail_errno(const char* what, const Path& path) {
  const int error = errno;
  fail(code_of(error), "cannot ", what, " ", path.string(), ": ", std::strerror(error));
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, Path path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  void append(std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t done = ::write(fd_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail_errno("write", path_);
      bytes = bytes.subspan(static_cast<size_t>(done));
    }
  }
  size_t read(uint64_t offset, std::span<std::byte> into) override {
    size_t total = 0;
    while (total < into.size()) {
      const ssize_t done = ::pread(fd_, into.data() + total, into.size() - total, static_cast<off_t>(offset + total));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail_errno("read", path_);
      if (done == 0) break;
      total += static_cast<size_t>(done);
    }
    return total;
  }
  uint64_t size() override {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) fail_errno("look at", path_);
    return static_cast<uint64_t>(info.st_size);
  }
  void preallocate(uint64_t size) override {
    if (size == 0) return;
    if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return;
    // A file system that cannot reserve says so only when it is full.
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINTR) fail_errno("reserve space for", path_);
  }
  void truncate(uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) fail_errno("cut", path_);
  }
  void sync() override {
    if (::fsync(fd_) != 0) fail_errno("sync", path_);
  }

 private:
  int fd_;
  Path path_;
};

class PosixFiles final : public FileSystem {
 public:
  std::unique_ptr<File> open(const Path& path, Open mode) override {
    int flags = O_CLOEXEC;
    if (mode == Open::Read) flags |= O_RDONLY;
    if (mode == Open::CreateNew) flags |= O_RDWR | O_CREAT | O_EXCL | O_APPEND;
    if (mode == Open::Append) flags |= O_RDWR | O_CREAT | O_APPEND;
    const int fd = ::open(path.c_str(), flags, 0644);
    if (fd < 0) fail_errno(mode == Open::Read ? "open" : "create", path);
    return std::make_unique<PosixFile>(fd, path);
  }
  std::optional<FileInfo> stat(const Path& path) override {
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      fail_errno("look at", path);
    }
    const auto since_epoch = std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec);
    return FileInfo{static_cast<uint64_t>(info.st_size), S_ISDIR(info.st_mode),
                    std::chrono::system_clock::time_point(
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch))};
  }
  std::vector<std::string> list(const Path& folder) override {
    DIR* dir = ::opendir(folder.c_str());
    if (dir == nullptr) {
      if (errno == ENOENT) return {};
      fail_errno("list", folder);
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(dir, &::closedir);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
      errno = 0;
    }
    if (errno != 0) fail_errno("list", folder);
    std::sort(names.begin(), names.end());
    return names;
  }
  void make_folders(const Path& folder) override {
    if (folder.empty() || stat(folder)) return;
    const Path parent = folder.parent_path();
    if (parent != folder) make_folders(parent);
    if (::mkdir(folder.c_str(), 0755) != 0) {
      if (errno == EEXIST) return;
      fail_errno("make folder", folder);
    }
    sync_folder(parent.empty() ? Path(".") : parent);
  }
  void rename(const Path& from, const Path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_errno("rename to", to);
  }
  bool rename_if_absent(const Path& from, const Path& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS) fail_errno("rename to", to);
    // Without RENAME_NOREPLACE a hard link is the call that never replaces.
    if (::link(from.c_str(), to.c_str()) != 0) {
      if (errno == EEXIST) return false;
      fail_errno("link to", to);
    }
    remove(from);
    return true;
  }
  void remove(const Path& path) override {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT || errno == ENOTDIR) return;
    const int error = errno;
    if (error == EISDIR || error == EPERM) {
      if (::rmdir(path.c_str()) == 0 || errno == ENOENT) return;
      if (errno == ENOTDIR) errno = error;  // a file that may not be removed
    }
    fail_errno("remove", path);
  }
  void set_read_only(const Path& path) override {
    if (::chmod(path.c_str(), 0444) != 0) fail_errno("make read-only", path);
  }
  void sync_folder(const Path& folder) override {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail_errno("open folder", folder);
    const int result = ::fsync(fd);
    const int error = errno;
    ::close(fd);
    // Some network file systems cannot sync a folder; they make a rename durable by themselves.
    if (result != 0 && error != EINVAL && error != ENOTSUP) {
      errno = error;
      fail_errno("sync folder", folder);
    }
  }
};

}  // namespace

FileSystem& real_files() {
  static PosixFiles* const files = new PosixFiles;
  return *files;
}

}  // namespace cairn
