// `cairn snapshots`: what a store holds, as text or JSON.
#pragma once
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/memory_cut.h"
#include "store/find_snapshot.h"
#include "store/store.h"

namespace cairn {

enum class Form { Text, Tree, Json };  // Tree: a text with every entry of the state

// Where a snapshot is besides the listed store: each mirror's name, and whether it has it. The worst first.
enum class Copy {
  Local,        // the mirror lacks it
  Unknown,      // the mirror cannot be asked
  Replicating,  // it lacks it, and the run's process is there to send it
  Replicated,   // it has it
  Verified      // every byte of it was read there since
};
std::string_view name_of(Copy copy);
using CopiesOf = std::function<std::vector<std::pair<std::string, Copy>>(const SnapshotInfo&)>;

// One line per snapshot of the run, with its marks, or of every run when empty; JSON: one array. Damaged ones go to
// `say`. With `copies` a line begins with its mirrors' state, the worst one in a text.
void list_snapshots(Store& store, const std::string& run, Form form, std::ostream& out, const Say& say,
                    const CopiesOf& copies = {});

// What the manifest and the marks of one snapshot say; but for Text, its table too. `name` as in find_snapshot.h.
void show_snapshot(Store& store, const std::string& name, Form form, std::ostream& out, const Say& say);

// The same of a moment between two snapshots, which was replayed from the one before.
void show_replayed(const SnapshotInfo& from, const CutInfo& cut, const MemoryCut& tree, Form form, std::ostream& out);

}  // namespace cairn
