#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/snapshots_maintain.h"
#include "cli/snapshots_options.h"

namespace cairn {
namespace {

struct CheckOptions : SnapshotOptions {
  double budget = 1e9;
  bool mirrors = false;
  std::string second;
};

int verify_run(Session& session, CheckOptions options) {
  const OpenStores stores = stores_for(session, options, options.name);
  const size_t count = options.mirrors ? stores.backends.size() : 1;
  bool good = true;
  std::string uuid;
  for (size_t i = 0; i < count; ++i) {
    const auto store = stores.open(i, OpenStore::MustExist, uuid);
    uuid = store->uuid();
    if (count > 1) std::cout << store->describe() << ":\n";
    good = verify(*store, options.name, std::chrono::duration<double>(options.budget), std::cout) && good;
  }
  return good ? kExitDone : kExitFailed;
}

int diff_two(Session& session, CheckOptions options) {
  const OpenStores stores = stores_for(session, options, parse_snapshot_name(options.name).run);
  Store store = stores.first();
  diff(store, options.name, options.second, std::cout);
  return kExitDone;
}

}  // namespace

void add_snapshot_checking(CLI::App& command, Session& session) {
  auto options = std::make_shared<CheckOptions>();  // co-owned by the callbacks below
  CLI::App* verify_command = command.add_subcommand("verify", "reads snapshots and checks every byte");
  verify_command->add_option("run", options->name, "a run's name; none: every run of the store");
  verify_command->add_option("--seconds", options->budget, "stop after so long; the next time goes on from there")
      ->check(CLI::PositiveNumber);
  verify_command->add_flag("--mirrors", options->mirrors, "every store of the pipeline, one after the other");
  CLI::App* diff_command = command.add_subcommand("diff", "which tensors of two snapshots differ, and by how much");
  diff_command->add_option("first", options->name, "RUN, RUN@N or RUN@id:1a2b")->required();
  diff_command->add_option("second", options->second, "the same")->required();
  for (CLI::App* each : {verify_command, diff_command}) add_store_options(*each, *options);
  verify_command->callback(
      [&session, options] { session.action = [&session, options] { return verify_run(session, *options); }; });
  diff_command->callback(
      [&session, options] { session.action = [&session, options] { return diff_two(session, *options); }; });
}

}  // namespace cairn
