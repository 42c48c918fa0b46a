// Locks that a git which was killed has left: every later one refuses to go past them.
#pragma once
#include <atomic>
#include <optional>
#include <string>

#include <cairn/file.h>

namespace cairn::git_lfs {

// The file of which git says that it is in the way, when it lies in the folder.
std::optional<Path> lock_in_the_way(const std::string& errors, const Path& folder);

// Returns when it is gone. Git holds these for a moment; one that has been there for 10 seconds is removed. Cancelled
// when `stop` is set.
void free_lock(FileSystem& files, const Path& lock, const std::atomic<bool>* stop);

}  // namespace cairn::git_lfs
