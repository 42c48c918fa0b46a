// Which mirrors of a run's stores have a snapshot.
#pragma once
#include "cli/snapshots_command.h"
#include "train/stores.h"

namespace cairn {

// Of the mirrors of `first`, the first of the stores. Mirrors and leases are asked now, and once; one that cannot be
// asked goes to `say`.
CopiesOf mirrors_of(const OpenStores& stores, Store& first, const Say& say);

}  // namespace cairn
