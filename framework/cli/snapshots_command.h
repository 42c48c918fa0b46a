// `cairn snapshots`: what a store holds, as text or JSON.
#pragma once
#include <ostream>
#include <string>

#include "store/find_snapshot.h"
#include "store/store.h"

namespace cairn {

enum class Form { Text, Json };

// One line per snapshot of the run, or of every run when empty; JSON: one array. Damaged ones go to `say`.
void list_snapshots(Store& store, const std::string& run, Form form, std::ostream& out, const Say& say);

// Everything that the manifest and the table of one snapshot say. `name` as in find_snapshot.h.
void show_snapshot(Store& store, const std::string& name, Form form, std::ostream& out, const Say& say);

}  // namespace cairn
