#include "checkpoint/seen.h"

#include <algorithm>

#include <cairn/error.h>

#include "base/text_bytes.h"
#include "store/canonical_json.h"

namespace cairn {

namespace {

constexpr uint64_t kLargest = 64u << 10;

std::string fingerprint_of(Store& store) {
  return store.sealed() ? store.seal()->fingerprint().hex() : "";
}

}  // namespace

void SeenFile::remember(Store& store, const SnapshotInfo& info) const {
  if (path_.empty()) return;
  const std::string text = canonical_json({{"format", 1},
                                           {"repository", store.uuid()},
                                           {"fingerprint", fingerprint_of(store)},
                                           {"generation", info.generation},
                                           {"sequence", info.sequence},
                                           {"id", info.id}});
  write_durably(real_files(), path_, bytes_of(text));
}

std::optional<Seen> SeenFile::read() const {
  if (path_.empty() || !real_files().stat(path_)) return std::nullopt;
  const Bytes bytes = read_whole(real_files(), path_, kLargest);
  const auto json = parse_canonical_json(text_of(bytes), path_.string());
  try {
    return Seen{json.at("repository").get<std::string>(), json.at("fingerprint").get<std::string>(),
                json.at("generation").get<int64_t>(), json.at("sequence").get<int64_t>(),
                json.at("id").get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    fail(Code::DataLoss, path_.string(), " is damaged: ", error.what());
  }
}

std::string SeenFile::trouble(Store& store, std::span<const ManifestKey> all) const {
  std::optional<Seen> seen;
  try {
    seen = read();
  } catch (const Error& error) {
    return cat("what this machine saw last is not known, so that a rollback would not be noticed: ", error.message());
  }
  if (!seen || seen->repository != store.uuid()) return "";
  if (seen->fingerprint != fingerprint_of(store)) {
    fail(Code::FailedPrecondition, "the ", store.describe(), " has other keys than when this machine saw it last (",
         path_.string(), "): somebody has exchanged them. Nothing was changed. Remove that file if it was you");
  }
  const auto newest = std::max_element(all.begin(), all.end(), [](const ManifestKey& a, const ManifestKey& b) {
    return std::pair(a.generation, a.sequence) < std::pair(b.generation, b.sequence);
  });
  if (newest != all.end() &&
      std::pair(newest->generation, newest->sequence) >= std::pair(seen->generation, seen->sequence)) {
    return "";
  }
  return cat("the stores have been rolled back: this machine saw snapshot ", seen->sequence, " of generation ",
             seen->generation, " (", short_id(seen->id), "), and the newest that is there is ",
             newest == all.end() ? std::string("none")
                                 : cat("snapshot ", newest->sequence, " of generation ", newest->generation));
}

}  // namespace cairn
