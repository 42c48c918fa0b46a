// A manifest: the object whose existence makes a snapshot exist. Canonical JSON in a zstd frame, a signature if there
// is one, then a trailer with the hash of what was stored. In a sealed store all but the trailer is closed.
// docs/format/manifest.md, seal.md.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"
#include "store/layout.h"
#include "store/seal/identity.h"
#include "store/seal/seal.h"
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
  ManifestKey key() const { return key_of(info); }
};

// A manifest as it lies in a store.
struct StoredManifest {
  Manifest manifest;  // with its id
  // Packs where its blocks lay when it was written; advisory, outside of the id. Saves reading every pack's index.
  std::vector<Hash> packs;
  std::optional<PublicKey> signer;  // whose signature it has; checked
};

// Sets manifest.info.id. With a seal it is closed, as the manifest of its key; with a signer it is signed.
std::vector<std::byte> encode_manifest(Manifest& manifest, const std::vector<Hash>& packs, const Seal* seal = nullptr,
                                       const Identity* signer = nullptr);

// DataLoss naming `what`, the key, for anything that is not exactly what encode_manifest writes; with a seal also for
// one that is not closed with it.
StoredManifest decode_manifest(std::span<const std::byte> bytes, const std::string& what, const Seal* seal = nullptr);

// What can be known without a key: DataLoss unless the bytes are those that were written; the packs of the trailer.
std::vector<Hash> check_manifest(std::span<const std::byte> bytes, const std::string& what);

// The same manifest with other packs in its trailer.
std::vector<std::byte> with_packs(std::span<const std::byte> bytes, const std::vector<Hash>& packs,
                                  const std::string& what);
bool same_but_packs(std::span<const std::byte> a, std::span<const std::byte> b, const std::string& what);

std::string manifest_text(const Manifest& manifest);  // the JSON

}  // namespace cairn
