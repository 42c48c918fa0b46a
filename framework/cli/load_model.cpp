#include "cli/load_model.h"

#include <torch/nn/module.h>

#include "config/toml_reader.h"
#include "model/torch_file.h"
#include "model/weights.h"
#include "plugin/call.h"
#include "train/any_iteration.h"
#include "train/run_tree.h"
#include "train/snapshot_weights.h"

namespace cairn {
namespace {

constexpr const char* kForm = "form";  // of a file's metadata: "deployed"; files of training have none

Value value_of(const std::map<std::string, std::string>& about, const std::string& key,
               const std::filesystem::path& file) {
  const auto found = about.find(key);
  const auto node = found == about.end() ? std::nullopt : parse_toml_value(found->second);
  if (!node) {
    fail(Code::InvalidArgument, file.string(), ": it does not say what network it belongs to (no usable '", key,
         "' among its metadata); give the pipeline that it was trained with");
  }
  return node->value();
}

ClassNames names_of(const Value& list) {
  ClassNames names;
  for (const Value& name : list.list()) names.push_back(name.text());
  return names;
}

// What a weight file of cairn says of itself.
Network network_of(const std::map<std::string, std::string>& about, const std::filesystem::path& file) {
  Network network;
  network.type = about.at("model");
  try {
    network.params = value_of(about, "params", file).table();
    network.classes = names_of(value_of(about, "classes", file));
    network.image_size = value_of(about, "image_size", file).integer();
  } catch (Error& error) {
    throw error.note("in the metadata of " + file.string());
  }
  return network;
}

LoadedModel make(Session& session, const Network& network, const Compute& compute, std::string source) {
  Context context;
  context.log = &session.log;
  context.classes = network.classes;
  context.image_size = network.image_size;
  context.device = compute.device_name();
  LoadedModel loaded{session.registry.create<Model>(network.type, network.params, context), network, std::move(source)};
  place(*loaded.model, compute, true);
  loaded.model->module().eval();
  return loaded;
}

std::string full_name(const std::string& run, const std::string& name) {
  if (name == "newest") return run;
  return name.starts_with("@") ? run + name : cat(run, "@id:", name);
}

Restored restore_from(Store& store, const Pipeline& pipeline, const std::string& name, Session& session) {
  const std::string& run = pipeline.run.name;
  const SnapshotName wanted = parse_snapshot_name(full_name(run, name));
  return restored_at(restore_from(store, wanted, session.log), wanted,
                     {store.backend(), session.registry, session.log, load_request(session, {}),
                      pipeline.run.directory / run, nullptr, store.keys()});
}

}  // namespace

Network network_of(const Pipeline& pipeline, ClassNames classes) {
  return {pipeline.model.type, pipeline.model.params, std::move(classes), pipeline.dataset.image_size};
}

Network network_of(Session& session, const Pipeline& pipeline) {
  Context context;
  context.log = &session.log;
  context.split = Split::Val;
  const DatasetTable& table = pipeline.dataset;
  return network_of(pipeline, session.registry.create<Dataset>(table.type, table.params, context)->classes());
}

LoadedModel model_from_file(Session& session, const std::filesystem::path& file, const Compute& compute,
                            const Network* otherwise) {
  const TensorFile tensors = read_weight_file(real_files(), file);
  const bool described = tensors.metadata.contains("model");
  if (!described && otherwise == nullptr) {
    fail(Code::InvalidArgument, file.string(),
         ": it does not say what network it belongs to; give the pipeline that it was trained with");
  }
  LoadedModel loaded =
      make(session, described ? network_of(tensors.metadata, file) : *otherwise, compute, file.string());
  if (described && tensors.metadata.contains(kForm)) fold(loaded, compute);
  try {
    load_weights(loaded.model->module(), tensors, LoadPolicy::Strict);
  } catch (Error& error) {
    throw error.note("while loading " + file.string());
  }
  return loaded;
}

LoadedModel model_from_snapshot(Session& session, const Pipeline& pipeline, const std::string& name,
                                const Network& network, const Compute& compute, WeightPart part) {
  const OpenStores stores = open_stores(pipeline, session.registry, session.log);
  const Restored restored =
      from_first_store(stores, session.log, [&](Store& store) { return restore_from(store, pipeline, name, session); });
  apply_compute(compute, pipeline.run.determinism);  // a replay used the snapshot's
  LoadedModel loaded =
      make(session, network, compute,
           cat("snapshot ", short_id(restored.info().id), " at iteration ", restored.info().cut.iteration));
  const bool average = part == WeightPart::Average && restored.state().has("ema/updates");
  load_weights(restored.state(), average ? "ema" : "model", loaded.model->module());
  return loaded;
}

std::map<std::string, std::string> about(const LoadedModel& loaded) {
  std::map<std::string, std::string> out =
      network_about(loaded.network.type, loaded.network.params, loaded.network.classes, loaded.network.image_size);
  if (loaded.deployed) out[kForm] = "deployed";
  return out;
}

void fold(LoadedModel& loaded, const Compute& compute) {
  if (loaded.deployed) return;
  auto folded = call_plugin("model", "deploy", [&] { return loaded.model->deploy(); });
  if (!folded) return;
  place(*folded, compute, true);
  folded->module().eval();
  loaded.model = std::move(folded);
  loaded.deployed = true;
}

std::filesystem::path weights_of_run(const std::string& run, const std::string& directory) {
  const std::filesystem::path folder = std::filesystem::path(directory) / run / "weights";
  for (const char* name : {"best.safetensors", "last.safetensors"}) {
    if (std::filesystem::exists(folder / name)) return folder / name;
  }
  fail(Code::InvalidArgument, "run '", run, "': there are no weights in ", folder.string(),
       "; they are written after the first evaluation. --directory says where the run's folder is");
}

}  // namespace cairn
