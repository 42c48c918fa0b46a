#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/snapshots_maintain.h"
#include "cli/snapshots_options.h"

namespace cairn {
namespace {

struct CleanOptions : SnapshotOptions {
  bool dry_run = false, policy = false;
  double grace = 3600;
  DryRun dry() const { return dry_run ? DryRun::Yes : DryRun::No; }
};

template <class Action>
int on_store(Session& session, CleanOptions options, const Action& action) {
  const OpenStores stores = stores_for(session, options, options.name.substr(0, options.name.find('@')));
  Store store(*stores.backends.front(), OpenStore::MustExist);
  action(store, options);
  return kExitDone;
}

int forget(Session& session, const CleanOptions& options) {
  return on_store(session, options, [&](Store& store, CleanOptions& given) {
    if (given.policy) {
      const KeepPolicy policy = policy_for(session, given, given.name);
      if (policy.keeps_all())
        fail(Code::InvalidArgument, "the pipeline's checkpoint.keep keeps everything; nothing to do");
      forget_by_policy(store, given.name, policy, Clock::now(), given.dry(), std::cout);
    } else {
      forget_snapshot(store, given.name, given.dry(), std::cout);
    }
  });
}

int prune(Session& session, const CleanOptions& options) {
  return on_store(session, options, [](Store& store, CleanOptions& given) {
    prune_store(store, std::chrono::seconds(static_cast<int64_t>(given.grace)), Clock::now(), given.dry(), std::cout);
  });
}

int squash_one(Session& session, const CleanOptions& options) {
  return on_store(session, options,
                  [](Store& store, CleanOptions& given) { squash(store, given.name, given.dry(), std::cout); });
}

}  // namespace

void add_snapshot_cleaning(CLI::App& command, Session& session) {
  auto options = std::make_shared<CleanOptions>();  // co-owned by the callbacks below
  CLI::App* forget_command =
      command.add_subcommand("forget", "removes a snapshot, or those that the policy does not keep");
  forget_command->add_option("name", options->name, "RUN@N or RUN@id:1a2b; with --policy a run")->required();
  forget_command->add_flag("--policy", options->policy, "apply the pipeline's checkpoint.keep");
  CLI::App* prune_command = command.add_subcommand("prune", "frees what no snapshot needs");
  prune_command->add_option("run", options->name, "a run whose store is meant");
  prune_command->add_option("--grace", options->grace, "seconds that must pass between two collections")
      ->check(CLI::NonNegativeNumber);
  CLI::App* squash_command = command.add_subcommand("squash", "makes a snapshot independent of others");
  squash_command->add_option("name", options->name, "RUN, RUN@N or RUN@id:1a2b")->required();
  for (CLI::App* each : {forget_command, prune_command, squash_command}) {
    add_store_options(*each, *options);
    each->add_flag("--dry-run", options->dry_run, "say what would be done, and why");
  }
  forget_command->callback(
      [&session, options] { session.action = [&session, options] { return forget(session, *options); }; });
  prune_command->callback(
      [&session, options] { session.action = [&session, options] { return prune(session, *options); }; });
  squash_command->callback(
      [&session, options] { session.action = [&session, options] { return squash_one(session, *options); }; });
}

}  // namespace cairn
