#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "checkpoint/pipeline/repair.h"
#include "cli/snapshots_options.h"
#include "cli/store_proof.h"

namespace cairn {
namespace {

// The first store that there is already; null when there is none.
std::unique_ptr<Store> known_store(const OpenStores& stores) {
  for (size_t i = 0; i < stores.backends.size(); ++i) {
    try {
      return stores.open(i);
    } catch (const Error& error) {
      if (error.code() != Code::NotFound) throw;
    }
  }
  return nullptr;
}

int init(Session& session, SnapshotOptions options) {
  const OpenStores stores = stores_for(session, options, options.name);
  bool good = true;
  std::unique_ptr<Store> known = known_store(stores);
  for (size_t i = 0; i < stores.backends.size(); ++i) {
    const auto& backend = stores.backends[i];
    std::cout << backend->describe() << "\n";
    bool usable = true;
    for (const StoreProof& proof : prove_store(*backend)) {
      std::cout << "  " << (proof.good ? "ok   " : "FAIL ") << proof.what << ": " << proof.detail << "\n";
      usable = usable && (proof.good || proof.what == "delete");
    }
    good = good && usable;
    if (!usable) continue;
    auto store = known ? Store::mirror(*backend, *known) : stores.open(i, OpenStore::CreateIfEmpty);
    std::cout << "  ok   " << (store->sealed() ? "sealed " : "") << "store " << store->uuid() << "\n";
    if (!known) known = std::move(store);
  }
  return good ? kExitDone : kExitFailed;
}

// Each store from all others. Code 1 when something stays damaged.
int repair(Session& session, SnapshotOptions options) {
  const OpenStores opened = stores_for(session, options, options.name);
  std::vector<std::unique_ptr<Store>> stores;
  std::string uuid;
  for (size_t i = 0; i < opened.backends.size(); ++i) {
    stores.push_back(opened.open(i, OpenStore::MustExist, uuid));
    uuid = stores.back()->uuid();
  }
  bool good = true;
  for (const auto& store : stores) {
    std::vector<Store*> others;
    for (const auto& each : stores) {
      if (each != store) others.push_back(each.get());
    }
    const Repaired done = repair_store(*store, others, [](std::string_view line) { std::cout << line << "\n"; });
    std::cout << store->describe() << ": " << done.packs << " packs and " << done.manifests << " manifests read, "
              << done.healed.size() << " healed, " << done.hopeless.size() << " stay damaged\n";
    good = good && done.hopeless.empty();
  }
  return good ? kExitDone : kExitFailed;
}

struct Held {
  std::string name, uuid, trouble;
  bool sealed = false;
  std::set<std::string> manifests;
  size_t packs = 0;
};

Held look_into(Backend& backend) {
  Held held;
  held.name = backend.describe();
  try {
    Store store(backend, OpenStore::MustExist);
    held.uuid = store.uuid();
    held.sealed = store.sealed();
    for (const std::string& key : store.keys(manifest_prefix(""))) {
      if (ManifestKey::parse(key)) held.manifests.insert(key);
    }
    held.packs = store.packs().size();
  } catch (const Error& error) {
    held.trouble = error.message();
  }
  return held;
}

// One line per store: what it holds, and what it lacks of the first.
int status(Session& session, SnapshotOptions options) {
  const OpenStores stores = stores_for(session, options, options.name);
  std::vector<Held> all;
  for (const auto& backend : stores.backends) all.push_back(look_into(*backend));
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  bool good = true;
  for (const Held& each : all) {
    size_t lacks = 0;
    for (const std::string& key : all.front().manifests) lacks += each.manifests.contains(key) ? 0 : 1;
    good = good && each.trouble.empty();
    json.push_back({{"store", each.name},
                    {"uuid", each.uuid},
                    {"sealed", each.sealed},
                    {"snapshots", each.manifests.size()},
                    {"packs", each.packs},
                    {"lacks", lacks},
                    {"trouble", each.trouble}});
    if (options.json) continue;
    std::cout << each.name << ": ";
    if (!each.trouble.empty()) {
      std::cout << each.trouble << "\n";
      continue;
    }
    std::cout << each.manifests.size() << " snapshots in " << each.packs << " packs"
              << (lacks > 0 ? cat(", lacks ", lacks, " that the first store has") : "") << "; "
              << (each.sealed ? "sealed " : "") << "store " << each.uuid << "\n";
  }
  if (options.json) std::cout << json.dump(2) << "\n";
  return good ? kExitDone : kExitFailed;
}

}  // namespace

void add_store_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("store", "stores of snapshots: first use and state");
  command->require_subcommand(1);
  auto options = std::make_shared<SnapshotOptions>();  // co-owned by the callbacks below
  CLI::App* init_command =
      command->add_subcommand("init", "proves that every store can do what a run needs, and makes it ready");
  CLI::App* status_command = command->add_subcommand("status", "what every store holds, and what the mirrors lack");
  CLI::App* repair_command =
      command->add_subcommand("repair", "reads everything in every store and heals what is damaged from the others");
  for (CLI::App* each : {init_command, status_command, repair_command}) {
    each->add_option("run", options->name, "a run whose stores are meant");
    add_store_options(*each, *options);
  }
  status_command->add_flag("--json", options->json, "as JSON");
  init_command->callback(
      [&session, options] { session.action = [&session, options] { return init(session, *options); }; });
  repair_command->callback(
      [&session, options] { session.action = [&session, options] { return repair(session, *options); }; });
  status_command->callback(
      [&session, options] { session.action = [&session, options] { return status(session, *options); }; });
}

}  // namespace cairn
