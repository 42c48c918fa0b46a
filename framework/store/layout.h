// Names of the objects of a store. The same for a folder, an S3 prefix and a Git LFS tree; snapshots.md in docs/format.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "store/snapshot.h"

namespace cairn {

inline constexpr std::string_view kRepositoryKey = "repo.json";
// Objects that only try whether a backend works. They do not count as content: a store may be made beside them.
inline constexpr std::string_view kProbePrefix = "probe/";

// InvalidArgument unless the name is [A-Za-z0-9._-]{1,64} and not "." or "..".
void check_run_name(const std::string& run);

// Where a manifest lies. Order: by generation, then by sequence.
struct ManifestKey {
  std::string run;
  int64_t sequence = 0;
  int64_t generation = 0;
  std::string key() const;  // snapshots/<run>/<12 digits>-<6 digits>.manifest
  static std::optional<ManifestKey> parse(std::string_view key);
  bool operator==(const ManifestKey&) const = default;
};
ManifestKey key_of(const SnapshotInfo& info);
std::string manifest_prefix(const std::string& run);  // every run when empty

inline constexpr std::string_view kPackPrefix = "packs/";
std::string pack_key(const Hash& pack);  // packs/<2 hex>/<64 hex>.pack
std::optional<Hash> parse_pack_key(std::string_view key);

std::string lease_key(const std::string& run, int64_t generation, int64_t number);  // leases/<run>/<gen>-<n>.json

}  // namespace cairn
