#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "base/parallel.h"
#include "base/seconds_since.h"
#include "checkpoint/pipeline/branch.h"
#include "checkpoint/restore.h"
#include "cli/commands.h"
#include "config/fingerprint.h"
#include "config/show.h"
#include "store/marks.h"
#include "train/any_iteration.h"
#include "train/branch_report.h"
#include "train/run_folder.h"
#include "train/stores.h"

namespace cairn {
namespace {

struct BranchOptions {
  PipelineOptions pipeline;
  std::string from, run, directory = "runs";
};

struct Begun {
  SnapshotInfo info;
  std::map<std::string, std::string> numerics;  // of the trunk at that point
  double milliseconds = 0;
};

std::map<std::string, std::string> numerics_of(const Restored& restored) {
  RunRecord record;
  record.load(restored.record());
  return record.numerics;
}

// A moment between two snapshots: it is replayed, and saved as the first snapshot of the new run.
SnapshotInfo save_replayed(const Replayed& there, const SnapshotInfo& parent, const LoadResult& config,
                           const OpenStores& stores, Logger& log) {
  Checkpointer checkpointer(
      {config.pipeline.run.name, stores.refs, &log, {}, 0, {}, std::chrono::seconds(30), stores.keys});
  if (!checkpointer.list().empty())
    fail(Code::AlreadyExists, "run '", config.pipeline.run.name, "' has snapshots; choose another --run name");
  checkpointer.claim();
  checkpointer.continue_from(parent);
  CutInfo cut = there.cut;
  cut.reason = kBranchReason;
  const SaveOutcome outcome = checkpointer.save(
      cut, [&](StateWriter& state_part, StateWriter& record_part) { there.tree.write(state_part, record_part); });
  if (!outcome.published()) fail(Code::Unavailable, "the branch could not be saved: ", outcome.why);
  return outcome.snapshot;
}

Begun begin_branch(Session& session, const BranchOptions& options, const LoadResult& config, const LoadRequest& how) {
  const OpenStores stores = open_stores(config.pipeline, session.registry, session.log);
  Store store = stores.first();
  const SnapshotName name = parse_snapshot_name(options.from);
  const auto say = [&](std::string_view line) { session.log.warn(line); };
  const SnapshotInfo from = find_snapshot(read_infos(store, name.run, say), name);
  const ManifestKey key = key_of(from);
  const StoredManifest stored = manifest_of(store, from);
  const auto moment = moment_behind(from, name);
  if (!moment) {
    const auto begin = std::chrono::steady_clock::now();
    Begun begun{{}, numerics_of(restore_record(store, stored)), 0};
    begun.info = branch_snapshot(store, key, config.pipeline.run.name, Clock::now());
    begun.milliseconds = 1000 * seconds_since(begin);
    return begun;
  }
  const Restored nearest = restore_snapshot(store, stored, machine_threads());
  const Replayed there = replay(nearest, *moment,
                                {store.backend(), session.registry, session.log, how,
                                 config.pipeline.run.directory / name.run, nullptr, store.keys()});
  Begun begun{save_replayed(there, from, config, stores, session.log), numerics_of(nearest), 1000 * there.seconds};
  add_mark(store, {from.id, "branch", config.pipeline.run.name, "", ""});
  return begun;
}

void print(const Begun& begun, const LoadResult& config) {
  const SnapshotInfo& info = begun.info;
  std::cout << info.run << "@" << info.cut.iteration << (info.cut.evaluation_due ? "-" : "") << "  "
            << short_id(info.id) << "  begun from " << short_id(info.parent) << " in " << begun.milliseconds
            << " ms, digest " << short_digest(info.digest) << "\n";
  const BranchReport report = branch_report(begun.numerics, numerics_values(config));
  for (const std::string& part : report.exact) std::cout << "stays exact   " << part << "\n";
  for (const std::string& change : report.changed) std::cout << "changed       " << change << "\n";
  std::cout << "go on with    cairn resume " << info.run << "\n";
}

int branch(Session& session, BranchOptions options) {
  const std::string trunk = parse_snapshot_name(options.from).run;
  if (options.pipeline.path.empty()) options.pipeline.path = pipeline_of_run(trunk, options.directory).path;
  options.pipeline.run = options.run;
  const LoadRequest how = load_request(session, options.pipeline);
  const LoadResult config = load_pipeline(how);
  const Begun begun = begin_branch(session, options, config, how);
  RunFolder(config.pipeline.run.directory / options.run, real_files(), session.log)
      .write_pipeline(resolved_toml(config));
  print(begun, config);
  return kExitDone;
}

}  // namespace

void add_branch_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("branch", "begin a new run at any point of another, with changes");
  auto options = std::make_shared<BranchOptions>();  // co-owned by the callback below
  command->add_option("from", options->from, "RUN (newest), RUN@N (any iteration), RUN@id:1a2b")->required();
  command->add_option("--run", options->run, "name of the new run")->required();
  command->add_option("--directory", options->directory, "where the run's folder is")->capture_default_str();
  command->add_option("--pipeline", options->pipeline.path,
                      "the pipeline, when the run's folder is not on this machine");
  add_pipeline_options(*command, options->pipeline);
  command->callback(
      [&session, options] { session.action = [&session, options] { return branch(session, *options); }; });
}

}  // namespace cairn
