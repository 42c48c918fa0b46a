// A manifest: the object whose existence makes a snapshot exist. Canonical JSON in a zstd frame, then a trailer with
// the hash of what was stored. docs/format/manifest.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "store/layout.h"
#include "store/snapshot.h"

namespace cairn {

inline constexpr size_t kLargestManifest = 5u << 20;  // stored; the commit stays one small object

inline constexpr std::string_view kWriter = "cairn 1.0.0";  // of manifests that this cairn writes

// What one rank wrote: the blocks that hold its table of paths. [value]
struct ManifestPart {
  int64_t rank = 0;
  std::vector<Hash> table;
};

// Names blocks, never packs: where a block lies is the store's index. [value]
struct Manifest {
  SnapshotInfo info;       // all but the id, which follows from the text
  std::string repository;  // uuid of the store, shared by its mirrors
  std::string writer;      // version of cairn
  std::vector<ManifestPart> parts;
  ManifestKey key() const { return {info.run, info.sequence, info.generation}; }
};

// A manifest as it lies in a store.
struct StoredManifest {
  Manifest manifest;  // with its id
  // Packs where its blocks lay when it was written; advisory, outside of the id. Saves reading every pack's index.
  std::vector<Hash> packs;
};

// Sets manifest.info.id.
std::vector<std::byte> encode_manifest(Manifest& manifest, const std::vector<Hash>& packs);

// DataLoss naming `what` for anything that is not exactly what encode_manifest writes.
StoredManifest decode_manifest(std::span<const std::byte> bytes, const std::string& what);

std::string manifest_text(const Manifest& manifest);  // the JSON

}  // namespace cairn
