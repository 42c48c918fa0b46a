#include "bench/snapshot_run.h"

#include <cstdlib>
#include <set>

#include "store/store.h"
#include "support/files.h"
#include "train/predictions.h"

namespace cairn::bench {

int64_t bench_iterations(int64_t otherwise) {
  const char* text = std::getenv("CAIRN_BENCH_ITERATIONS");
  return text == nullptr ? otherwise : std::max<int64_t>(4, std::atoll(text));
}

LoadResult SnapshotRun::load(const RigOptions& options) {
  registry_.add_folder(test::plugin_dir());
  LoadRequest request;
  request.path = write_pipeline(folder_.path(), options);
  request.find_factory = [this](Kind kind, std::string_view type) { return registry_.find(kind, type); };
  return load_pipeline(request);
}

namespace {

std::vector<StoreRef> stores_of(Backend* first, Backend* mirror) {
  std::vector<StoreRef> stores{{first, "store", true}};
  if (mirror != nullptr) stores.push_back({mirror, "mirror", true});
  return stores;
}

}  // namespace

SnapshotRun::SnapshotRun(const RigOptions& options, const KeepPolicy& keep, Backend* mirror)
    : config_(load(options)),
      computation_(config_, compute_for(config_.pipeline, nullptr), registry_, null_logger(), folder_ / "bench"),
      backend_(test::local_backend(folder_ / "store")),
      checkpointer_({"bench", stores_of(backend_.get(), mirror), &null_logger(), keep, 0, {}}) {
  computation_.begin({});  // no weights are read
  loader_ = computation_.loader_here();
}

void SnapshotRun::iterate() {
  RunState& state = computation_.state;
  if (state.epoch_done()) state.begin_epoch();
  computation_.iterate(loader_->next());
  state.evaluation_due = false;
}

SaveOutcome SnapshotRun::save(Wait wait, const Metrics& metrics) {
  const RunState& state = computation_.state;
  const CutInfo cut{state.at.epoch, state.at.position, state.at.iteration, state.at.step, false, "bench", metrics};
  return checkpointer_.save(
      cut,
      [&](StateWriter& state_part, StateWriter& record_part) { computation_.tree().save(state_part, record_part); },
      wait, [&](const CutInfo& base) { return predictions_since(base, state, computation_.stages); });
}

MirrorStatus SnapshotRun::drain() {
  checkpointer_.flush();
  checkpointer_.drain(std::nullopt);
  return checkpointer_.mirrors().at(0);
}

uint64_t SnapshotRun::store_bytes() const {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "store")) {
    std::error_code gone;  // the collection is at work
    const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

std::vector<uint64_t> SnapshotRun::snapshot_bytes() {
  Store store(*backend_, OpenStore::MustExist);
  std::set<Hash> seen;
  std::vector<uint64_t> sizes;
  for (const ManifestKey& key : store.manifests("bench")) {
    const auto stored = store.read_manifest(key);
    if (!stored) continue;
    uint64_t bytes = 0;
    for (const Hash& pack : stored->packs) {
      if (!seen.insert(pack).second) continue;
      if (const auto stat = backend_->stat(pack_key(pack))) bytes += stat->size;
    }
    sizes.push_back(bytes);
  }
  return sizes;
}

uint64_t SnapshotRun::state_bytes() {
  const auto all = checkpointer_.list();
  return all.empty() ? 0 : all.back().size_bytes;
}

}  // namespace cairn::bench
