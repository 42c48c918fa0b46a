#include "cli/load_model.h"

#include <torch/nn/module.h>

#include "config/toml_reader.h"
#include "model/weights.h"
#include "train/run_tree.h"
#include "train/stores.h"

namespace cairn {
namespace {

Value value_of(const std::map<std::string, std::string>& about, const std::string& key,
               const std::filesystem::path& file) {
  const auto found = about.find(key);
  const auto node = found == about.end() ? std::nullopt : parse_toml_value(found->second);
  if (!node) {
    fail(Code::InvalidArgument, file.string(), ": it does not say what network it belongs to (no '", key,
         "' among its metadata); name a run or a pipeline with it");
  }
  return node->value();
}

ClassNames names_of(const Value& list) {
  ClassNames names;
  for (const Value& name : list.list()) names.push_back(name.text());
  return names;
}

// Leaves what is ready for inference.
void make_ready(LoadedModel& loaded, const Compute& compute) {
  loaded.model->module().eval();
  if (auto deployed = loaded.model->deploy()) loaded.model = std::move(deployed);
  loaded.model->module().eval();
  loaded.model->module().to(compute.device);
}

Context model_context(const LoadedModel& loaded, const Compute& compute) {
  Context context;
  context.classes = loaded.classes;
  context.image_size = loaded.image_size;
  context.device = compute.device_name();
  return context;
}

ClassNames classes_of_pipeline(Session& session, const Pipeline& pipeline) {
  Context context;
  context.log = &session.log;
  context.split = Split::Val;
  return session.registry.create<Dataset>(pipeline.dataset.type, pipeline.dataset.params, context)->classes();
}

}  // namespace

LoadedModel model_from_file(Session& session, const std::filesystem::path& file, const Compute& compute) {
  const TensorFile tensors = read_tensors(real_files(), file);
  LoadedModel loaded;
  const auto type = tensors.metadata.find("model");
  if (type == tensors.metadata.end()) {
    fail(Code::InvalidArgument, file.string(),
         ": it does not say what network it belongs to; name a run or a pipeline with it");
  }
  loaded.classes = names_of(value_of(tensors.metadata, "classes", file));
  loaded.image_size = value_of(tensors.metadata, "image_size", file).integer();
  loaded.source = file.string();
  loaded.model = session.registry.create<Model>(type->second, value_of(tensors.metadata, "params", file).table(),
                                                model_context(loaded, compute));
  load_weights(loaded.model->module(), tensors, LoadPolicy::Strict);
  make_ready(loaded, compute);
  return loaded;
}

LoadedModel model_from_snapshot(Session& session, const Pipeline& pipeline, const std::string& name,
                                const Compute& compute) {
  const OpenStores stores = open_stores(pipeline, session.registry, session.log);
  Checkpointer checkpointer({pipeline.run.name, stores.refs, &session.log, {}, 0, {}});
  std::optional<Restored> restored;
  if (name.empty()) {
    restored = checkpointer.newest([&](std::string_view line) { session.log.warn(line); });
  } else {
    restored = checkpointer.restore(name);
  }
  if (!restored) fail(Code::NotFound, "run '", pipeline.run.name, "' has no snapshot in its stores");
  LoadedModel loaded;
  loaded.classes = classes_of_pipeline(session, pipeline);
  loaded.image_size = pipeline.dataset.image_size;
  loaded.source = cat("snapshot ", restored->info().id.substr(0, 12), " at iteration ", restored->info().cut.iteration);
  loaded.model =
      session.registry.create<Model>(pipeline.model.type, pipeline.model.params, model_context(loaded, compute));
  const bool average = restored->state().has("ema/updates");
  load_weights(restored->state(), average ? "ema" : "model", loaded.model->module());
  make_ready(loaded, compute);
  return loaded;
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
