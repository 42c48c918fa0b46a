#include <CLI/App.hpp>
#include <charconv>
#include <iostream>
#include <memory>

#include "checkpoint/pipeline/sync.h"
#include "cli/snapshots_options.h"

namespace cairn {
namespace {

struct SyncOptions {
  std::string from, to, run;
};

// A store as it is named on the command line.
struct NamedStore {
  OpenStores opened;
  size_t number = 0;
  std::unique_ptr<Store> open(OpenStore mode) const { return opened.open(number, mode); }
  Backend& backend() const { return *opened.backends[number]; }
};

// "folder", "pipeline.toml", "pipeline.toml#2"
NamedStore named_store(Session& session, const std::string& name) {
  const size_t hash = name.rfind('#');
  const std::string path = name.substr(0, hash);
  NamedStore out;
  if (!path.ends_with(".toml")) {
    out.opened = store_in_folder(session, name);
    return out;
  }
  size_t number = 1;
  if (hash != std::string::npos) {
    const auto [end, error] = std::from_chars(name.data() + hash + 1, name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size()) number = 0;
  }
  PipelineOptions pipeline;
  pipeline.path = path;
  out.opened = open_stores(load_pipeline(load_request(session, pipeline)).pipeline, session.registry, session.log,
                           StoreCache::PassBy);
  const size_t most = out.opened.backends.size();
  if (number < 1 || number > most) {
    fail(Code::InvalidArgument, "'", name, "': expected ", path, "#N with N from 1 to ", most,
         ", the number of its [[checkpoint.backend]]");
  }
  out.number = number - 1;
  return out;
}

int sync(Session& session, const SyncOptions& options) {
  const NamedStore source = named_store(session, options.from), target = named_store(session, options.to);
  const auto from = source.open(OpenStore::MustExist);
  std::unique_ptr<Store> to;
  try {
    to = target.open(OpenStore::MustExist);
  } catch (const Error& error) {
    if (error.code() != Code::NotFound) throw;
    // An empty place becomes one more copy, unless its pipeline wants a seal of its own.
    const bool own = target.opened.keys->wants_seal() && !from->sealed();
    to = own ? target.open(OpenStore::CreateIfEmpty) : Store::mirror(target.backend(), *from);
  }
  if (from->sealed() && !to->sealed()) {
    session.log.warn("the ", to->describe(), " is not sealed: everybody who can read it can read these snapshots");
  }
  const Synced done =
      sync_stores(*from, *to, options.run, [](std::string_view line) { std::cout << line << std::endl; });
  std::cout << done.snapshots << " snapshots copied, " << done.there << " were there; " << done.packs << " packs with "
            << done.bytes << " bytes, " << done.marks << " marks\n";
  return kExitDone;
}

}  // namespace

void add_snapshot_sync(CLI::App& command, Session& session) {
  auto options = std::make_shared<SyncOptions>();  // co-owned by the callback below
  CLI::App* each = command.add_subcommand("sync", "copies from one store to another what is missing there, marks too");
  const char* how = "a folder, a pipeline file (its first store), or pipeline.toml#2 (its second)";
  each->add_option("from", options->from, how)->required();
  each->add_option("to", options->to, cat(how, "; made when it is empty"))->required();
  each->add_option("--run", options->run, "only this run");
  each->callback([&session, options] { session.action = [&session, options] { return sync(session, *options); }; });
}

}  // namespace cairn
