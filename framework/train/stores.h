// The stores that a pipeline names, opened.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backend/measure.h"
#include "checkpoint/checkpointer.h"
#include "config/pipeline.h"
#include "plugin/registry.h"
#include "store/store.h"

namespace cairn {

struct OpenStores {
  std::vector<std::unique_ptr<std::atomic<bool>>> abandon;  // each backend's `stop`
  std::vector<std::unique_ptr<Backend>> behind;             // what the backends stand before
  std::vector<const Measured*> measured;                    // of each backend, what the store itself had to do
  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<StoreRef> refs;
  std::shared_ptr<StoreKeys> keys;  // co-owned by the stores that are opened

  std::unique_ptr<Store> open(size_t number, OpenStore mode = OpenStore::MustExist,
                              const std::string& uuid = {}) const {
    return std::make_unique<Store>(*backends[number], mode, uuid, keys);
  }
  Store first() const { return Store(*backends.front(), OpenStore::MustExist, {}, keys); }
};

// The keys that [checkpoint] names. Nothing is read yet.
StoreKeys::Options key_options(const CheckpointTable& table);

enum class StoreCache { Use, PassBy };  // PassBy: for who wants to know what the store itself holds

// Without a [[checkpoint.backend]] the store is a local folder, <run.directory>/store.
OpenStores open_stores(const Pipeline& pipeline, Registry& registry, Logger& log, StoreCache cache = StoreCache::Use);
KeepPolicy keep_policy(const KeepTable& table);

// Columns of a row: how far each mirror is. Stores are numbered as on the command line, so the first mirror is 2.
std::vector<std::pair<std::string, double>> mirror_figures(const std::vector<MirrorStatus>& mirrors);
// What each store had to do so far, numbered from 1.
std::vector<std::pair<std::string, double>> traffic_figures(const OpenStores& stores);

}  // namespace cairn
