#include "checkpoint/pipeline/line_keeper.h"

#include <algorithm>

#include <cairn/error.h>

#include "checkpoint/pipeline/retention_items.h"
#include "store/find_snapshot.h"

namespace cairn {

LineKeeper::LineKeeper(Store& store, Options options)
    : store_(store), options_(std::move(options)), collector_(store, options_.grace), swept_(options_.steady()) {}

void LineKeeper::published(const SnapshotInfo& info, std::vector<Hash> packs) {
  collector_.published(key_of(info), std::move(packs));
  if (!line_) return;
  line_->push_back(info);
  line_ = line_of(std::move(*line_));
}

void LineKeeper::apply(const std::set<int64_t>& unmirrored, const MarkedSnapshots& elsewhere) {
  if (options_.keep.keeps_all()) return;
  try {
    forget_and_sweep(unmirrored, elsewhere);
    trouble_.clear();
  } catch (const std::exception& error) {
    line_.reset();
    if (trouble_ == error.what()) return;
    trouble_ = error.what();
    options_.log->warn("the policy of run '", options_.run, "' could not be applied to the ", store_.describe(), ": ",
                       trouble_);
  }
}

// Nothing goes before what replaces it has been read back.
void LineKeeper::need_newest(const SnapshotInfo& newest) {
  const ManifestKey key = key_of(newest);
  const auto stored = store_.read_manifest(key);
  if (stored && stored->manifest.info.id == newest.id) return;
  fail(Code::Unavailable, key.key(), ", the newest snapshot, cannot be read back; no older one is forgotten");
}

void LineKeeper::forget_and_sweep(const std::set<int64_t>& unmirrored, const MarkedSnapshots& elsewhere) {
  std::vector<SnapshotInfo>& all = line();
  const auto items = retention_items(all, joined(marked_snapshots(store_), elsewhere), unmirrored);
  const auto verdicts = decide(items, options_.keep, options_.clock());
  if (!std::all_of(verdicts.begin(), verdicts.end(), stays)) need_newest(all.back());
  std::vector<SnapshotInfo> stay;
  for (size_t i = 0; i < items.size(); ++i) {
    SnapshotInfo& info = all[i];
    if (stays(verdicts[i])) {
      stay.push_back(std::move(info));
    } else {
      collector_.forget(key_of(info));
    }
  }
  line_ = std::move(stay);
  const auto now = options_.steady();
  if (now - swept_ < options_.grace / 4) return;
  swept_ = now;
  collector_.sweep(options_.clock());
}

std::vector<SnapshotInfo> LineKeeper::unwanted(std::span<const SnapshotInfo> coming, const MarkedSnapshots& elsewhere) {
  std::vector<SnapshotInfo> out;
  if (options_.keep.keeps_all()) return out;
  std::vector<SnapshotInfo> all = line();
  all.insert(all.end(), coming.begin(), coming.end());
  all = line_of(std::move(all));
  const auto verdicts =
      decide(retention_items(all, joined(marked_snapshots(store_), elsewhere)), options_.keep, options_.clock());
  for (size_t i = 0; i < all.size(); ++i) {
    const bool new_here =
        std::any_of(coming.begin(), coming.end(), [&](const SnapshotInfo& info) { return info.id == all[i].id; });
    if (new_here && !stays(verdicts[i])) out.push_back(all[i]);
  }
  return out;
}

std::vector<SnapshotInfo>& LineKeeper::line() {
  if (!line_) {
    line_ = line_of(read_infos(store_, options_.run, [&](std::string_view text) { options_.log->warn(text); }));
  }
  return *line_;
}

}  // namespace cairn
