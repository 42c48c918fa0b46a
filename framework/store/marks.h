// Tags, pins, notes and branches of snapshots: write-once objects marks/<snapshot>/<kind>-<name>-<random>, taken back
// by tombstones. In a sealed store the text of a note is closed. Never advisory: a snapshot with a live tag or pin is
// not forgotten by a policy.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace cairn {

inline constexpr std::string_view kMarkPrefix = "marks/";
// The kind that says when a copy was read and found intact: of the copy in that store and no other.
inline constexpr std::string_view kCheckedMark = "checked";

struct Mark {
  std::string snapshot;  // id, 64 digits
  std::string kind;      // "tag", "pin", "note", "checked", "branch"
  std::string name;      // [A-Za-z0-9._-]{1,64}; of a note "text", of a branch the run that begins there
  std::string random;
  std::string text;  // of a note
};

// What a key names, without a text; of a tombstone the kind begins with "gone.". Empty for any other key.
std::optional<Mark> parse_mark(std::string_view key);

// Live marks of every snapshot, or of one.
std::vector<Mark> read_marks(Store& store, const std::string& snapshot = {});

// Ids by what keeps a policy from forgetting them.
struct MarkedSnapshots {
  std::set<std::string> tagged;    // with a live tag or pin
  std::set<std::string> branched;  // another run that still has snapshots began there
};
MarkedSnapshots marked_snapshots(Store& store);
MarkedSnapshots joined(MarkedSnapshots some, const MarkedSnapshots& others);

void add_mark(Store& store, Mark mark);           // the random part is chosen here; InvalidArgument for a bad name
void erase_mark(Store& store, const Mark& mark);  // the object itself; of marks that nobody must rely on
int remove_marks(Store& store, const std::string& snapshot, const std::string& kind,
                 const std::string& name);  // how many there were

}  // namespace cairn
