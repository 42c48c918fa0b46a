#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/copies.h"
#include "cli/snapshots_options.h"
#include "store/find_snapshot.h"
#include "store/store.h"
#include "train/any_iteration.h"
#include "train/snapshot_weights.h"

namespace cairn {
namespace {

// Where runs are when no pipeline says otherwise.
std::string usual_store(const SnapshotOptions& options) {
  const std::filesystem::path folder = std::filesystem::path(options.directory) / "store";
  if (!std::filesystem::is_directory(folder)) {
    fail(Code::InvalidArgument, "there is no ", folder.string(),
         "; name a run, or give --store or --pipeline for all runs of a store");
  }
  return folder.string();
}

int list(Session& session, const SnapshotOptions& options) {
  SnapshotOptions given = options;
  const bool nothing_named = options.name.empty() && options.store.empty() && options.pipeline.path.empty();
  if (nothing_named) given.store = usual_store(options);
  const OpenStores stores = stores_for(session, given, given.name);
  Store store = stores.first();
  const Say say = [&](std::string_view line) { session.log.warn(line); };
  list_snapshots(store, given.all ? "" : given.name, given.json ? Form::Json : Form::Text, std::cout, say,
                 stores.backends.size() > 1 ? mirrors_of(stores, store, say) : CopiesOf());
  return kExitDone;
}

int show(Session& session, SnapshotOptions options) {
  const SnapshotName name = parse_snapshot_name(options.name);
  const OpenStores stores = stores_for(session, options, name.run);
  Store store = stores.first();
  const Form form = options.json ? Form::Json : options.tree ? Form::Tree : Form::Text;
  const Say say = [&](std::string_view line) { session.log.warn(line); };
  const SnapshotInfo info = find_snapshot(read_infos(store, name.run, say), name);
  const auto moment = moment_behind(info, name);
  if (!moment) {
    show_snapshot(store, options.name, form, std::cout, say);
    return kExitDone;
  }
  const Replayed there = replay(restore_from(store, name, session.log), *moment,
                                {store.backend(), session.registry, session.log, load_request(session, {}),
                                 std::filesystem::path(options.directory) / name.run, nullptr, store.keys()});
  show_replayed(info, there.cut, there.tree, form, std::cout);
  return kExitDone;
}

}  // namespace

void add_snapshots_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("snapshots", "what the stores hold");
  command->require_subcommand(1);
  auto options = std::make_shared<SnapshotOptions>();  // co-owned by the callbacks below
  CLI::App* list_command = command->add_subcommand("list", "one line per snapshot, oldest first");
  list_command->add_option("run", options->name, "a run's name; none: every run of the store");
  list_command->add_flag("--all", options->all, "every run of the store");
  CLI::App* show_command =
      command->add_subcommand("show", "everything about one snapshot, or about what is replayed between two");
  show_command->add_option("name", options->name, "RUN (newest), RUN@N (iteration), RUN@id:1a2b")->required();
  show_command->add_flag("--tree", options->tree, "every entry of the state, with the hash of its content");
  for (CLI::App* each : {list_command, show_command}) {
    add_store_options(*each, *options);
    each->add_flag("--json", options->json, "as JSON");
  }
  list_command->callback(
      [&session, options] { session.action = [&session, options] { return list(session, *options); }; });
  show_command->callback(
      [&session, options] { session.action = [&session, options] { return show(session, *options); }; });
  add_snapshot_cleaning(*command, session);
  add_snapshot_checking(*command, session);
  add_snapshot_marking(*command, session);
  add_snapshot_sync(*command, session);
}

}  // namespace cairn
