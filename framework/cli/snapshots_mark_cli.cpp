#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "checkpoint/pipeline/copy_marks.h"
#include "cli/snapshots_maintain.h"
#include "cli/snapshots_options.h"

namespace cairn {
namespace {

struct MarkOptions : SnapshotOptions {
  std::string mark, to;
  bool dry_run = false;
};

// A mirror that lacks the snapshot gets its marks with it.
void mark_in_mirrors(Session& session, const OpenStores& stores, Store& first, const SnapshotInfo& info) {
  for (size_t i = 1; i < stores.backends.size(); ++i) {
    try {
      const auto mirror = stores.open(i, OpenStore::MustExist, first.uuid());
      const std::string manifest = key_of(info).key();
      if (mirror->backend().stat(manifest)) copy_marks(first, *mirror, info.id);
    } catch (const Error& error) {
      if (error.code() == Code::NotFound) continue;  // it has nothing yet
      session.log.warn("the mirror ", stores.backends[i]->describe(), " does not know of it yet: ", error.message(),
                       "; the next snapshot that it receives, or 'cairn snapshots sync', tells it");
    }
  }
}

int run_mark(Session& session, MarkOptions options, const std::string& kind, MarkAction action) {
  const OpenStores stores = stores_for(session, options, parse_snapshot_name(options.name).run);
  Store store = stores.first();
  mark_in_mirrors(session, stores, store, mark(store, options.name, kind, options.mark, action, std::cout));
  return kExitDone;
}

int run_copy(Session& session, MarkOptions options) {
  const OpenStores stores = stores_for(session, options, parse_snapshot_name(options.name).run);
  const OpenStores target = store_in_folder(session, options.to);
  Store from = stores.first();
  const auto to = from.sealed() && !target.backends.front()->stat(std::string(kRepositoryKey))
                      ? Store::mirror(*target.backends.front(), from)
                      : target.open(0, OpenStore::CreateIfEmpty);
  copy(from, *to, options.name, options.dry_run ? DryRun::Yes : DryRun::No, std::cout);
  return kExitDone;
}

}  // namespace

void add_snapshot_marking(CLI::App& command, Session& session) {
  auto options = std::make_shared<MarkOptions>();  // co-owned by the callbacks below
  const auto add = [&](const char* verb, const char* help, const char* kind, const char* mark_help, MarkAction action) {
    CLI::App* each = command.add_subcommand(verb, help);
    each->add_option("name", options->name, "RUN, RUN@N or RUN@id:1a2b")->required();
    each->add_option("mark", options->mark, mark_help)->required();
    add_store_options(*each, *options);
    each->callback([&session, options, kind = std::string(kind), action] {
      session.action = [&session, options, kind, action] { return run_mark(session, *options, kind, action); };
    });
  };
  add("tag", "names a snapshot; it is kept", "tag", "a name of A-Z a-z 0-9 . _", MarkAction::Add);
  add("untag", "takes a tag back", "tag", "the tag's name", MarkAction::Remove);
  add("pin", "keeps a snapshot, for the reason given", "pin", "a word of A-Z a-z 0-9 . _", MarkAction::Add);
  add("unpin", "takes a pin back", "pin", "the pin's word", MarkAction::Remove);
  add("note", "writes a note to a snapshot", "note", "any text", MarkAction::Add);
  CLI::App* copy_command = command.add_subcommand("copy", "copies a snapshot into another store");
  copy_command->add_option("name", options->name, "RUN, RUN@N or RUN@id:1a2b")->required();
  copy_command->add_option("--to", options->to, "the folder of the other store; made when it is empty")->required();
  copy_command->add_flag("--dry-run", options->dry_run, "say what would be done");
  add_store_options(*copy_command, *options);
  copy_command->callback(
      [&session, options] { session.action = [&session, options] { return run_copy(session, *options); }; });
}

}  // namespace cairn
