#include <CLI/App.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/load_model.h"
#include "evaluate/evaluation_pictures.h"
#include "evaluate/val_files.h"
#include "train/validation.h"

namespace cairn {
namespace {

struct ValOptions {
  PipelineOptions pipeline;
  std::string what, directory = "runs", weights, snapshot, pictures, detections, annotations;
  bool json = false;
};

std::string json_text(const EvaluationResult& result, const std::string& source) {
  nlohmann::ordered_json json{
      {"weights", source}, {"images", result.images}, {"targets", result.targets}, {"detections", result.detections}};
  for (const auto& [name, value] : result.metrics.rows()) json["metrics"][name] = value;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

LoadedModel find_model(Session& session, const ValOptions& options, const Pipeline& pipeline, const Network& network,
                       const Compute& compute) {
  if (!options.snapshot.empty()) return model_from_snapshot(session, pipeline, options.snapshot, network, compute);
  const std::filesystem::path file = options.weights.empty()
                                         ? weights_of_run(pipeline.run.name, pipeline.run.directory.string())
                                         : std::filesystem::path(options.weights);
  return model_from_file(session, file, compute, &network);
}

void check_classes(const LoadedModel& loaded, const ClassNames& classes) {
  if (loaded.network.classes.size() != classes.size()) {
    fail(Code::InvalidArgument, loaded.source, " was trained on ", loaded.network.classes.size(),
         " classes, the set has ", classes.size());
  }
  for (size_t i = 0; i < classes.size(); ++i) {
    if (loaded.network.classes[i] == classes[i]) continue;
    fail(Code::InvalidArgument, loaded.source, " was trained on other classes: number ", i, " is '",
         loaded.network.classes[i], "' there and '", classes[i], "' in the set");
  }
}

void print(const EvaluationResult& result, const std::string& source, Listing listing) {
  std::cout << (listing == Listing::Json ? json_text(result, source) + "\n" : table_text(result));
}

int validate(Session& session, ValOptions options) {
  const bool file = std::filesystem::is_regular_file(options.what) || options.what.ends_with(".toml");
  options.pipeline.path = file ? options.what : pipeline_of_run(options.what, options.directory).path;
  const Pipeline pipeline = load_pipeline(load_request(session, options.pipeline)).pipeline;
  const Compute compute = resolve_compute(pipeline.run, pipeline.dataset.workers);
  apply_compute(compute, pipeline.run.determinism);
  const StageContext context{pipeline, session.registry, session.log, compute,
                             pipeline.run.directory / pipeline.run.name};
  const DataStage data = make_data(context, Split::Val);
  const Network network = network_of(pipeline, data.dataset->classes());
  const LoadedModel loaded = find_model(session, options, pipeline, network, compute);
  check_classes(loaded, network.classes);
  Validation validation(context, data);
  const auto result = validation.run(
      *loaded.model, [](double) {}, [] { return false; });
  session.log.info("weights: ", loaded.source);
  print(*result, loaded.source, options.json ? Listing::Json : Listing::Text);
  if (!options.pictures.empty()) {
    std::filesystem::create_directories(options.pictures);
    for (const auto& path : write_pictures(*result, options.pictures)) session.log.info("wrote ", path.string());
  }
  return kExitDone;
}

int run_val(Session& session, const ValOptions& options) {
  if (!options.detections.empty()) {
    return val_files(options.detections, options.annotations, options.json ? Listing::Json : Listing::Text, std::cout);
  }
  if (options.what.empty())
    fail(Code::InvalidArgument, "name a run or a pipeline, or give --detections with --annotations");
  return validate(session, options);
}

}  // namespace

void add_val_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("val", "evaluate a run, a snapshot, a weight file, or plain COCO files");
  auto options = std::make_shared<ValOptions>();  // co-owned by the callback below
  command->add_option("what", options->what, "a run's name, or a pipeline file");
  add_pipeline_options(*command, options->pipeline);
  command->add_option("--directory", options->directory, "where the run's folder is")->capture_default_str();
  command->add_option("--weights", options->weights,
                      "this weight file, .safetensors or .pt, instead of the run's best");
  command->add_option("--snapshot", options->snapshot,
                      "the averaged weights of a snapshot: newest, @N, or the beginning of its id");
  command->add_option("--pictures", options->pictures, "write curves and confusion matrix to this folder");
  CLI::Option* detections = command->add_option("--detections", options->detections, "a COCO results file");
  CLI::Option* annotations = command->add_option("--annotations", options->annotations, "a COCO instances file");
  detections->needs(annotations);
  annotations->needs(detections);
  command->add_flag("--json", options->json, "as JSON");
  command->callback(
      [&session, options] { session.action = [&session, options] { return run_val(session, *options); }; });
}

}  // namespace cairn
