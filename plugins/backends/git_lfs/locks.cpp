#include "git_lfs/locks.h"

#include <chrono>
#include <thread>

#include <cairn/error.h>

namespace cairn::git_lfs {

namespace {

constexpr std::chrono::seconds kMostAge{10};
constexpr std::chrono::milliseconds kPause{50};
constexpr std::string_view kBefore = "Unable to create '", kBehind = ".lock': File exists";

}  // namespace

std::optional<Path> lock_in_the_way(const std::string& errors, const Path& folder) {
  const size_t end = errors.find(kBehind), begin = errors.rfind(kBefore, end);
  if (end == std::string::npos || begin == std::string::npos) return std::nullopt;
  const size_t path = begin + kBefore.size();
  const std::string lock = errors.substr(path, end - path) + ".lock";
  if (!lock.starts_with(folder.string() + "/") || lock.find("/../") != std::string::npos) return std::nullopt;
  return lock;
}

void free_lock(FileSystem& files, const Path& lock, const std::atomic<bool>* stop) {
  const auto until = std::chrono::steady_clock::now() + kMostAge;
  while (const auto info = files.stat(lock)) {
    const bool old = std::chrono::system_clock::now() - info->modified > kMostAge;
    if (old || std::chrono::steady_clock::now() > until) return files.remove(lock);
    if (stop != nullptr && *stop) fail(Code::Cancelled, "waiting for ", lock.string(), " was stopped");
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace cairn::git_lfs
