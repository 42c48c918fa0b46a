#include "cli/snapshots_maintain.h"

#include <iomanip>

#include "base/parallel.h"
#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/retention_items.h"
#include "store/marks.h"

namespace cairn {

namespace {

const Say kQuiet = [](std::string_view) {};

std::string line_for(const SnapshotInfo& info) {
  return cat(short_id(info.id), "  ", info.run, "@", info.cut.iteration, info.cut.evaluation_due ? "-" : "");
}

// Exactly the one that is named: what is forgotten, marked or compared is not its neighbour.
SnapshotInfo find(Store& store, const std::string& name) {
  const SnapshotName parsed = parse_snapshot_name(name);
  SnapshotInfo found = find_snapshot(read_infos(store, parsed.run, kQuiet), parsed);
  if (parsed.iteration && found.cut.iteration != *parsed.iteration) {
    fail(Code::NotFound, "run '", parsed.run, "' has no snapshot at iteration ", *parsed.iteration,
         "; the nearest before it is ", line_for(found), ". Nothing was done");
  }
  return found;
}

StoredManifest read(Store& store, const std::string& name) {
  return manifest_of(store, find(store, name));
}

const char* verb(DryRun dry_run, const char* done, const char* planned) {
  return dry_run == DryRun::Yes ? planned : done;
}

std::string mebibytes(uint64_t bytes) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / (1 << 20) << " MiB";
  return out.str();
}

}  // namespace

size_t forget_snapshot(Store& store, const std::string& name, DryRun dry_run, std::ostream& out) {
  if (const SnapshotName parsed = parse_snapshot_name(name); !parsed.iteration && parsed.id.empty()) {
    fail(Code::InvalidArgument, "'", name, "' is a run: name one of its snapshots (", name, "@400, ", name,
         "@id:1a2b), or let its policy decide (--policy). Nothing was done");
  }
  const SnapshotInfo info = find(store, name);
  if (marked_snapshots(store).tagged.contains(info.id)) {
    fail(Code::FailedPrecondition, line_for(info),
         " has a tag or pin; take it back with 'cairn snapshots untag' first");
  }
  if (store.manifests(info.run).size() == 1) {
    fail(Code::FailedPrecondition, line_for(info), " is the only snapshot of run '", info.run,
         "'; nothing was removed. Remove the store's folder when the run is not wanted any more");
  }
  if (dry_run == DryRun::No) store.remove_manifest(key_of(info));
  out << verb(dry_run, "forgotten     ", "would forget  ") << line_for(info) << "  named\n";
  return 1;
}

size_t forget_by_policy(Store& store, const std::string& run, const KeepPolicy& policy,
                        const MarkedSnapshots& elsewhere, Clock::time_point now, DryRun dry_run, std::ostream& out) {
  const auto say = [&](std::string_view line) { out << line << "\n"; };
  const auto line = line_of(read_infos(store, run, say));
  const auto items = retention_items(line, joined(marked_snapshots(store), elsewhere));
  const auto verdicts = decide(items, policy, now);
  size_t removed = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool stay = stays(verdicts[i]);
    out << (stay ? "keeps         " : verb(dry_run, "forgotten     ", "would forget  ")) << line_for(line[i]) << "  "
        << reason_text(verdicts[i]) << "\n";
    if (stay) continue;
    ++removed;
    if (dry_run == DryRun::No) store.remove_manifest(key_of(line[i]));
  }
  return removed;
}

void prune_store(Store& store, std::chrono::seconds grace, Clock::time_point now, DryRun dry_run, std::ostream& out) {
  const Collected done = collect(store, grace, now, dry_run);
  for (const Hash& pack : done.removed)
    out << verb(dry_run, "removed       ", "would remove  ") << pack_key(pack) << "\n";
  for (const Hash& pack : done.condemned)
    out << verb(dry_run, "condemned     ", "would condemn ") << pack_key(pack) << "  no snapshot needs it\n";
  for (const Hash& pack : done.waiting) out << "waits         " << pack_key(pack) << "  the grace period is not over\n";
  out << done.live << " packs in use, " << done.removed.size() << verb(dry_run, " removed (", " would be removed (")
      << mebibytes(done.removed_bytes) << "), " << done.condemned.size() + done.waiting.size() << " wait for "
      << grace.count() << " s\n";
}

void squash(Store& store, const std::string& name, DryRun dry_run, std::ostream& out) {
  const SnapshotInfo info = find(store, name);
  const Squashed done = squash_snapshot(store, key_of(info), machine_threads(), dry_run);
  out << line_for(info) << "  was encoded through " << done.depth_before << " differences; "
      << (dry_run == DryRun::Yes ? std::string("would be stored by itself")
                                 : cat("stands by itself, ", mebibytes(done.written_bytes), " written"))
      << "\n";
}

bool verify(Store& store, const std::string& run, std::chrono::duration<double> budget, std::ostream& out) {
  const VerifyReport report = verify_snapshots(store, run, budget, machine_threads());
  for (const SnapshotInfo& info : report.good) out << "intact        " << line_for(info) << "\n";
  for (const auto& [key, why] : report.damaged) out << "DAMAGED       " << key.key() << "  " << why << "\n";
  out << report.good.size() << " intact, " << report.damaged.size() << " damaged, " << report.left
      << " left for the next time\n";
  return report.damaged.empty();
}

void diff(Store& store, const std::string& first, const std::string& second, std::ostream& out) {
  const StoredManifest one = read(store, first), other = read(store, second);
  const auto differences = diff_snapshots(store, one, other, machine_threads());
  for (const EntryDifference& each : differences) {
    switch (each.kind) {
      case EntryDifference::Kind::OnlyFirst:
        out << "only in the first   " << each.path << "\n";
        break;
      case EntryDifference::Kind::OnlySecond:
        out << "only in the second  " << each.path << "\n";
        break;
      case EntryDifference::Kind::Type:
        out << "other type or shape " << each.path << "\n";
        break;
      case EntryDifference::Kind::Values:
        out << std::left << std::setw(20) << cat(each.different, " of ", each.elements) << each.path << "  largest "
            << each.largest << ", mean " << each.mean << "\n";
    }
  }
  out << differences.size() << " entries differ between " << line_for(one.manifest.info) << "  and  "
      << line_for(other.manifest.info) << "\n";
}

SnapshotInfo mark(Store& store, const std::string& snapshot, const std::string& kind, const std::string& name,
                  MarkAction action, std::ostream& out) {
  const SnapshotInfo info = find(store, snapshot);
  if (action == MarkAction::Remove) {
    if (remove_marks(store, info.id, kind, name) == 0) {
      fail(Code::NotFound, line_for(info), " has no ", kind, " '", name, "'");
    }
    out << line_for(info) << "  " << kind << " '" << name << "' taken back\n";
    return info;
  }
  const bool note = kind == "note";
  add_mark(store, {info.id, kind, note ? "text" : name, "", note ? name : ""});
  out << line_for(info) << "  " << kind << " '" << name << "'\n";
  return info;
}

void copy(Store& from, Store& to, const std::string& name, DryRun dry_run, std::ostream& out) {
  const SnapshotInfo info = find(from, name);
  if (dry_run == DryRun::Yes) {
    out << "would copy    " << line_for(info) << " to the " << to.describe() << "\n";
    return;
  }
  const Copied done = copy_snapshot(from, to, key_of(info));
  out << (done.there_already ? "was there     " : "copied        ") << line_for(info) << "  " << done.packs
      << " packs, " << mebibytes(done.bytes);
  if (done.info.id != info.id) out << "; its id there is " << short_id(done.info.id);
  out << "\n";
}

}  // namespace cairn
