#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/snapshots_maintain.h"
#include "cli/snapshots_options.h"
#include "store/marks.h"

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
  Store store = stores.first();
  action(store, options);
  return kExitDone;
}

// Every store by its own policy; the marks of the first hold in its mirrors, too.
int forget_by_policies(Session& session, CleanOptions options) {
  const KeepPolicy policy = policy_for(session, options, options.name);
  const OpenStores stores = stores_for(session, options, options.name);
  Store first = stores.first();
  bool any = false;
  for (size_t i = 0; i < stores.refs.size(); ++i) {
    const KeepPolicy& keep = i == 0 ? policy : stores.refs[i].keep;
    if (keep.keeps_all()) continue;
    any = true;
    if (stores.refs.size() > 1) std::cout << "in the " << stores.refs[i].name << ":\n";
    if (i == 0) {
      forget_by_policy(first, options.name, keep, {}, Clock::now(), options.dry(), std::cout);
    } else {
      Store mirror(*stores.backends[i], OpenStore::MustExist, first.uuid(), stores.keys);
      forget_by_policy(mirror, options.name, keep, marked_snapshots(first), Clock::now(), options.dry(), std::cout);
    }
  }
  if (!any) fail(Code::InvalidArgument, "the pipeline's checkpoint.keep keeps everything; nothing to do");
  return kExitDone;
}

int forget(Session& session, const CleanOptions& options) {
  if (options.policy) return forget_by_policies(session, options);
  return on_store(session, options, [](Store& store, CleanOptions& given) {
    forget_snapshot(store, given.name, given.dry(), std::cout);
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
  forget_command->add_flag("--policy", options->policy,
                           "apply the pipeline's checkpoint.keep, and the keep of each mirror that has one");
  CLI::App* prune_command = command.add_subcommand("prune", "frees what no snapshot needs");
  prune_command->add_option("run", options->name, "a run whose store is meant");
  prune_command->add_option("--grace", options->grace, "seconds that must pass between two collections")
      ->capture_default_str()
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
