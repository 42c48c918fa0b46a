#include "train/stores.h"

#include <cstdlib>

namespace cairn {
namespace {

constexpr const char* kKeyFileVariable = "CAIRN_KEY_FILE";

std::vector<BackendTable> backend_tables(const Pipeline& pipeline) {
  if (!pipeline.checkpoint.backends.empty()) return pipeline.checkpoint.backends;
  BackendTable local;
  local.type = "local";
  local.params["path"] = (pipeline.run.directory / "store").string();
  return {local};
}

}  // namespace

StoreKeys::Options key_options(const CheckpointTable& table) {
  StoreKeys::Options options;
  options.seal = table.seal;
  options.sign = table.sign;
  options.trust = table.trust;
  options.key = {table.key.file, table.key.command, table.key.passphrase_env, table.key.passphrase_file};
  const char* file = std::getenv(kKeyFileVariable);
  if (options.key.empty() && file != nullptr) options.key.file = file;
  return options;
}

OpenStores open_stores(const Pipeline& pipeline, Registry& registry, Logger& log) {
  OpenStores stores;
  stores.keys = std::make_shared<StoreKeys>(key_options(pipeline.checkpoint));
  for (const BackendTable& table : backend_tables(pipeline)) {
    Context context;
    context.log = &log;
    stores.abandon.push_back(std::make_unique<std::atomic<bool>>(false));
    context.stop = stores.abandon.back().get();
    stores.backends.push_back(registry.create<Backend>(table.type, table.params, context));
    Backend& backend = *stores.backends.back();
    stores.refs.push_back({&backend, backend.describe(), table.required, static_cast<double>(table.max_rate),
                           stores.abandon.back().get(), table.keep ? keep_policy(*table.keep) : KeepPolicy()});
  }
  return stores;
}

KeepPolicy keep_policy(const KeepTable& table) {
  KeepPolicy policy;
  policy.last = table.last;
  if (table.best) {
    policy.best.push_back(
        {table.best->metric,
         table.best->mode == BestMode::Max ? KeepPolicy::Best::Mode::Max : KeepPolicy::Best::Mode::Min,
         table.best->count});
  }
  policy.every_epochs = table.every_epochs;
  policy.every_iterations = table.every_iterations;
  policy.hourly = table.hourly;
  policy.daily = table.daily;
  policy.weekly = table.weekly;
  policy.within = std::chrono::seconds(static_cast<int64_t>(table.within_seconds));
  policy.tagged = table.tagged;
  policy.max_bytes = static_cast<uint64_t>(table.max_bytes);
  return policy;
}

std::vector<std::pair<std::string, double>> mirror_figures(const std::vector<MirrorStatus>& mirrors) {
  std::vector<std::pair<std::string, double>> figures;
  for (size_t i = 0; i < mirrors.size(); ++i) {
    const MirrorStatus& mirror = mirrors[i];
    const std::string prefix = cat("mirror/", i + 2, "/");
    figures.emplace_back(prefix + "waiting", static_cast<double>(mirror.waiting));
    figures.emplace_back(prefix + "replicating", mirror.sending ? 1 : 0);
    figures.emplace_back(prefix + "received", static_cast<double>(mirror.received));
    figures.emplace_back(prefix + "received_bytes", static_cast<double>(mirror.received_bytes));
    figures.emplace_back(prefix + "behind_seconds", mirror.behind_seconds);
  }
  return figures;
}

}  // namespace cairn
