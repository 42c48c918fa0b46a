#include "store/find_snapshot.h"

#include <algorithm>
#include <charconv>

#include <cairn/error.h>

#include "store/run_line.h"

namespace cairn {

namespace {

constexpr size_t kShortestId = 4;

std::string describe(const SnapshotName& name) {
  if (!name.id.empty()) return cat("with an id that begins with ", name.id);
  if (name.iteration) return cat("at or before iteration ", *name.iteration);
  return "at all";
}

}  // namespace

SnapshotName parse_snapshot_name(const std::string& text) {
  SnapshotName name;
  const size_t at = text.find('@');
  name.run = text.substr(0, at);
  check_run_name(name.run);
  if (at == std::string::npos) return name;
  std::string_view rest = std::string_view(text).substr(at + 1);
  if (rest.starts_with("id:")) {
    name.id = rest.substr(3);
    if (name.id.size() < kShortestId || name.id.find_first_not_of("0123456789abcdef") != std::string::npos) {
      fail(Code::InvalidArgument, "'", text, "': expected at least ", kShortestId,
           " lower-case hexadecimal digits after id:");
    }
    return name;
  }
  if (rest.ends_with("-")) {
    name.before_evaluation = true;
    rest.remove_suffix(1);
  }
  int64_t iteration = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), iteration);
  if (rest.empty() || error != std::errc() || end != rest.data() + rest.size() || iteration < 0) {
    fail(Code::InvalidArgument, "'", text, "': expected RUN, RUN@iteration, RUN@iteration- or RUN@id:digits");
  }
  name.iteration = iteration;
  return name;
}

std::vector<SnapshotInfo> read_infos(Store& store, const std::string& run, const Say& say) {
  std::vector<SnapshotInfo> infos;
  for (const ManifestKey& key : store.manifests(run)) {
    try {
      if (auto stored = store.read_manifest(key)) infos.push_back(std::move(stored->manifest.info));
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      say(error.message());
    }
  }
  return infos;
}

std::optional<SnapshotInfo> newest_info(Store& store, const std::string& run, const Say& say) {
  RunLine line(store.manifests(run));
  while (const auto key = line.next()) {
    try {
      if (auto stored = store.read_manifest(*key)) return std::move(stored->manifest.info);
    } catch (const Error& error) {
      if (error.code() != Code::DataLoss) throw;
      say(error.message());
    }
  }
  return std::nullopt;
}

std::vector<SnapshotInfo> line_of(std::vector<SnapshotInfo> infos) {
  const auto all = infos;
  std::erase_if(infos, [&](const SnapshotInfo& info) {
    return std::any_of(all.begin(), all.end(), [&](const SnapshotInfo& other) {
      return other.generation > info.generation && other.generation_start <= info.sequence;
    });
  });
  std::sort(infos.begin(), infos.end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return infos;
}

SnapshotInfo find_snapshot(const std::vector<SnapshotInfo>& infos, const SnapshotName& name) {
  std::optional<SnapshotInfo> found;
  const auto candidates = name.id.empty() ? line_of(infos) : infos;
  for (const SnapshotInfo& info : candidates) {
    if (!name.id.empty()) {
      if (!info.id.starts_with(name.id)) continue;
      if (found)
        fail(Code::InvalidArgument, "run '", name.run, "' has several snapshots ", describe(name),
             "; give more digits");
      found = info;
    } else if (!name.iteration || info.cut.iteration < *name.iteration ||
               (info.cut.iteration == *name.iteration &&
                !(name.before_evaluation && found && found->cut.evaluation_due &&
                  found->cut.iteration == info.cut.iteration))) {
      found = info;
    }
  }
  if (found) return *found;
  fail(Code::NotFound, "run '", name.run, "' has no snapshot ", describe(name), "; it has ", infos.size(), " snapshots",
       infos.empty() ? "" : cat(", the first at iteration ", infos.front().cut.iteration));
}

StoredManifest manifest_of(Store& store, const SnapshotInfo& info) {
  auto stored = store.read_manifest(key_of(info));
  if (!stored) fail(Code::NotFound, "snapshot ", info.id, " was removed meanwhile");
  return std::move(*stored);
}

}  // namespace cairn
