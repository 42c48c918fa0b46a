// Weights by the names that pipelines give them: of files, and of snapshots.
#pragma once
#include <functional>
#include <string>

#include "model/safetensors.h"
#include "store/find_snapshot.h"
#include "train/stores.h"

namespace cairn {

inline constexpr std::string_view kSnapshotScheme = "snapshot://";

// Of one store. A moment between two snapshots gives the one before it.
Restored restore_from(Store& store, const SnapshotName& name, Logger& log);

// What `restore` makes of the first of the stores that it works on; the first store's error when it works on none.
Restored from_first_store(const OpenStores& stores, Logger& log, const std::function<Restored(Store&)>& restore);

// A snapshot by its name (store/find_snapshot.h), from the first of the stores that has it intact. Changes nothing
// there.
Restored restore_from(const OpenStores& stores, const std::string& name, Logger& log);

// "snapshot://RUN[@N]": the averaged weights of that snapshot, or the plain ones where it has no average. Anything else
// is a file, see model/torch_file.h.
TensorFile read_weights(const std::string& source, const OpenStores& stores, Logger& log);

}  // namespace cairn
