#include "train/stores.h"

#include <cstdlib>

#include "backend/cache.h"
#include "backend/retry.h"
#include "store/layout.h"

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

// Counted nearest to the store, then tried again, then kept here.
std::unique_ptr<Backend> stand_before(OpenStores& stores, std::unique_ptr<Backend> plugin, const BackendTable& table,
                                      const std::atomic<bool>* stop, StoreCache cache, Logger& log) {
  const auto behind = [&](std::unique_ptr<Backend> backend) -> Backend& {
    stores.behind.push_back(std::move(backend));
    return *stores.behind.back();
  };
  auto measured = std::make_unique<Measured>(behind(std::move(plugin)));
  stores.measured.push_back(measured.get());
  std::unique_ptr<Backend> outermost = std::move(measured);
  if (table.retry_seconds > 0) {
    const std::chrono::duration<double> give_up(table.retry_seconds);
    outermost = std::make_unique<Retrying>(behind(std::move(outermost)), give_up, real_waiting(stop));
  }
  if (!table.cache.empty() && cache == StoreCache::Use) {
    Cached::Options options{table.cache, static_cast<uint64_t>(table.cache_bytes), std::string(kPackPrefix)};
    options.log = &log;
    outermost = std::make_unique<Cached>(behind(std::move(outermost)), std::move(options));
  }
  return outermost;
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

OpenStores open_stores(const Pipeline& pipeline, Registry& registry, Logger& log, StoreCache cache) {
  OpenStores stores;
  stores.keys = std::make_shared<StoreKeys>(key_options(pipeline.checkpoint));
  for (const BackendTable& table : backend_tables(pipeline)) {
    Context context;
    context.log = &log;
    stores.abandon.push_back(std::make_unique<std::atomic<bool>>(false));
    const std::atomic<bool>* stop = context.stop = stores.abandon.back().get();
    auto plugin = registry.create<Backend>(table.type, table.params, context);
    stores.backends.push_back(stand_before(stores, std::move(plugin), table, stop, cache, log));
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

std::vector<std::pair<std::string, double>> traffic_figures(const OpenStores& stores) {
  std::vector<std::pair<std::string, double>> figures;
  for (size_t i = 0; i < stores.measured.size(); ++i) {
    const Traffic traffic = stores.measured[i]->traffic();
    const std::string prefix = cat("store/", i + 1, "/");
    figures.emplace_back(prefix + "operations", static_cast<double>(traffic.operations));
    figures.emplace_back(prefix + "failures", static_cast<double>(traffic.failures));
    figures.emplace_back(prefix + "put_bytes", static_cast<double>(traffic.put_bytes));
    figures.emplace_back(prefix + "got_bytes", static_cast<double>(traffic.got_bytes));
    figures.emplace_back(prefix + "seconds", traffic.seconds);
  }
  return figures;
}

}  // namespace cairn
