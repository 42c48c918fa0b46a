// The stores that a pipeline names, opened.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "checkpoint/checkpointer.h"
#include "config/pipeline.h"
#include "plugin/registry.h"

namespace cairn {

struct OpenStores {
  std::vector<std::unique_ptr<std::atomic<bool>>> abandon;  // each backend's `stop`
  std::vector<std::unique_ptr<Backend>> backends;
  std::vector<StoreRef> refs;
};

// Without a [[checkpoint.backend]] the store is a local folder, <run.directory>/store.
OpenStores open_stores(const Pipeline& pipeline, Registry& registry, Logger& log);
KeepPolicy keep_policy(const KeepTable& table);

}  // namespace cairn
