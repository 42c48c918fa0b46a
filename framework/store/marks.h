// Tags, pins and notes of snapshots: write-once objects marks/<snapshot>/<kind>-<name>-<random>, taken back by
// tombstones. Never advisory: a snapshot with a live tag or pin is not forgotten by a policy.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "store/store.h"

namespace cairn {

struct Mark {
  std::string snapshot;  // id, 64 digits
  std::string kind;      // "tag", "pin", "note", "checked"
  std::string name;      // [A-Za-z0-9._]{1,64}; of a note "text"
  std::string random;
  std::string text;  // of a note
};

// Live marks of every snapshot, or of one.
std::vector<Mark> read_marks(Store& store, const std::string& snapshot = {});
std::set<std::string> marked_snapshots(Store& store);  // ids with a live tag or pin

void add_mark(Store& store, Mark mark);           // the random part is chosen here; InvalidArgument for a bad name
void erase_mark(Store& store, const Mark& mark);  // the object itself; of marks that nobody must rely on
int remove_marks(Store& store, const std::string& snapshot, const std::string& kind,
                 const std::string& name);  // how many there were

}  // namespace cairn
