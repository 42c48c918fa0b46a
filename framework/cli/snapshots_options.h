// Which store the verbs of `cairn snapshots` work on.
#pragma once
#include <string>

#include "cli/commands.h"
#include "cli/snapshots_command.h"
#include "train/stores.h"

namespace cairn {

struct SnapshotOptions {
  PipelineOptions pipeline;
  std::string name, directory = "runs", store;
  bool json = false, tree = false, all = false;
};

void add_store_options(CLI::App& command, SnapshotOptions& options);

// A folder given by --store, or those of the run's pipeline.
OpenStores stores_for(Session& session, SnapshotOptions& options, const std::string& run);
OpenStores store_in_folder(Session& session, const std::string& folder);
KeepPolicy policy_for(Session& session, SnapshotOptions& options, const std::string& run);

// The verbs that change a store or check it, one file for each group.
void add_snapshot_cleaning(CLI::App& command, Session& session);  // forget, prune, squash
void add_snapshot_checking(CLI::App& command, Session& session);  // verify, diff
void add_snapshot_marking(CLI::App& command, Session& session);   // tag, pin, note, copy
void add_snapshot_sync(CLI::App& command, Session& session);

}  // namespace cairn
