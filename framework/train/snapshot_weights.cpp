#include "train/snapshot_weights.h"

#include "base/parallel.h"
#include "checkpoint/restore.h"
#include "model/torch_file.h"
#include "store/find_snapshot.h"

namespace cairn {
namespace {

constexpr const char* kUpdates = "updates";  // of the average; its other entries are weights

TensorFile weights_of(const Restored& restored) {
  const StateReader& state = restored.state();
  const std::string part = state.has(cat("ema/", kUpdates)) ? "ema" : "model";
  TensorFile file;
  for (const std::string& name : state.names(part)) {
    if (name != kUpdates) file.tensors.emplace_back(name, state.tensor(cat(part, "/", name)));
  }
  return file;
}

}  // namespace

Restored restore_from(Store& store, const SnapshotName& name, Logger& log) {
  const auto say = [&](std::string_view line) { log.warn(line); };
  const SnapshotInfo info = find_snapshot(read_infos(store, name.run, say), name);
  return restore_snapshot(store, manifest_of(store, info), machine_threads());
}

Restored from_first_store(const OpenStores& stores, Logger& log, const std::function<Restored(Store&)>& restore) {
  std::optional<Error> first;
  for (const auto& backend : stores.backends) {
    try {
      Store store(*backend, OpenStore::MustExist, {}, stores.keys);
      return restore(store);
    } catch (const Error& error) {
      if (error.code() == Code::InvalidArgument) throw;
      if (stores.backends.size() > 1) log.warn(backend->describe(), ": ", error.message());
      if (!first) first = error;
    }
  }
  throw Error(*first);
}

Restored restore_from(const OpenStores& stores, const std::string& name, Logger& log) {
  const SnapshotName wanted = parse_snapshot_name(name);
  return from_first_store(stores, log, [&](Store& store) { return restore_from(store, wanted, log); });
}

TensorFile read_weights(const std::string& source, const OpenStores& stores, Logger& log) {
  if (!source.starts_with(kSnapshotScheme)) return read_weight_file(real_files(), source);
  try {
    const Restored restored = restore_from(stores, source.substr(kSnapshotScheme.size()), log);
    log.info(source, ": snapshot ", short_id(restored.info().id), " at iteration ", restored.info().cut.iteration);
    return weights_of(restored);
  } catch (Error& error) {
    throw error.note("while reading the weights of " + source);
  }
}

}  // namespace cairn
