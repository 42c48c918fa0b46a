#include "checkpoint/pipeline/sync.h"

#include <algorithm>
#include <map>
#include <set>

#include <cairn/error.h>

#include "checkpoint/pipeline/copy.h"
#include "checkpoint/pipeline/copy_marks.h"
#include "store/marks.h"

namespace cairn {

namespace {

class Sync {
 public:
  Sync(Store& from, Store& to, const std::function<void(std::string_view)>& say)
      : from_(from), to_(to), mirrors_(from.uuid() == to.uuid()), say_(say) {}

  Synced run(const std::vector<std::string>& runs) {
    for (const std::string& run : runs) {
      const auto theirs = to_.manifests(run);
      for (const ManifestKey& key : from_.manifests(run)) {
        const bool there = std::find(theirs.begin(), theirs.end(), key) != theirs.end();
        there ? known(key) : copy(key);
      }
    }
    if (mirrors_) {
      out_.marks = copy_marks(from_, to_);
    } else {
      translate_marks();
    }
    return out_;
  }

 private:
  void copy(const ManifestKey& key) {
    const Copied done = copy_snapshot(from_, to_, key);
    ++out_.snapshots;
    out_.packs += done.packs;
    out_.bytes += done.bytes;
    if (!mirrors_) ids_[done.from_id] = done.info.id;
    say_(cat("copied  ", key.key(), "  ", done.packs, " packs, ", done.bytes, " bytes"));
  }

  // Of a store of its own: a snapshot of that name is the same one when it has the same state.
  void known(const ManifestKey& key) {
    ++out_.there;
    if (mirrors_) return;
    const auto mine = from_.read_manifest(key), theirs = to_.read_manifest(key);
    if (!mine || !theirs) return;
    if (mine->manifest.info.digest != theirs->manifest.info.digest) {
      fail(Code::FailedPrecondition, key.key(), " in the ", to_.describe(), " is another snapshot than in the ",
           from_.describe(), "; it was left as it is. Sync into another store");
    }
    ids_[mine->manifest.info.id] = theirs->manifest.info.id;
  }

  void translate_marks() {
    std::set<std::string> there;
    for (const Mark& mark : read_marks(to_)) there.insert(cat(mark.snapshot, mark.kind, "-", mark.name));
    for (Mark mark : read_marks(from_)) {
      const auto id = ids_.find(mark.snapshot);
      if (id == ids_.end()) continue;
      mark.snapshot = id->second;
      if (!there.insert(cat(mark.snapshot, mark.kind, "-", mark.name)).second) continue;
      add_mark(to_, mark);
      ++out_.marks;
    }
  }

  Store& from_;
  Store& to_;
  bool mirrors_;
  const std::function<void(std::string_view)>& say_;
  std::map<std::string, std::string> ids_;  // there, by here
  Synced out_;
};

}  // namespace

Synced sync_stores(Store& from, Store& to, const std::string& run, const std::function<void(std::string_view)>& say) {
  return Sync(from, to, say).run(run.empty() ? from.runs() : std::vector<std::string>{run});
}

}  // namespace cairn
