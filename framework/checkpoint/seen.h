// What this machine saw last of a run: a small file beside the run's pictures. A store that has been rolled back, or
// whose keys were exchanged, differs from it.
#pragma once
#include <optional>
#include <span>
#include <string>

#include <cairn/file.h>

#include "store/store.h"

namespace cairn {

// [value]
struct Seen {
  std::string repository;
  std::string fingerprint;  // of the store's first key; empty when it is not sealed
  int64_t generation = 0, sequence = 0;
  std::string id;
};

// [one thread at a time] Without a path it remembers nothing.
class SeenFile {
 public:
  explicit SeenFile(Path path) : path_(std::move(path)) {}

  // Durably. Of `store`, which holds it.
  void remember(Store& store, const SnapshotInfo& info) const;

  // What is wrong with the snapshots that all stores of a run have together; empty when they go at least as far as what
  // was seen. Keys of another origin are FailedPrecondition. A file that is damaged counts as none, and is said to be.
  std::string trouble(Store& store, std::span<const ManifestKey> all) const;

 private:
  std::optional<Seen> read() const;
  Path path_;
};

}  // namespace cairn
