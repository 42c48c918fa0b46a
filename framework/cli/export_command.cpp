#include <torch/nn/module.h>
#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "cli/commands.h"
#include "cli/load_model.h"
#include "model/safetensors.h"
#include "model/weights.h"

namespace cairn {
namespace {

struct ExportOptions {
  PipelineOptions pipeline;
  std::string source, output, weights = "average", format = "safetensors", directory = "runs";
  bool deploy = false;
};

Compute plain_compute() {
  RunTable run;
  run.device = "cpu";
  run.precision = Precision::Fp32;
  return resolve_compute(run, 0);
}

bool is_file(const std::string& source) {
  return source.find('/') != std::string::npos || source.ends_with(".safetensors") || source.ends_with(".pt");
}

LoadedModel from_file(Session& session, const ExportOptions& options, const Compute& compute) {
  if (options.weights != "average") {
    fail(Code::InvalidArgument, options.source, ": a file has one set of weights; --weights ", options.weights,
         " needs a run or a snapshot");
  }
  if (options.pipeline.path.empty()) {
    add_standard_folders(session.registry, {});
    return model_from_file(session, options.source, compute, nullptr);
  }
  const Network network = network_of(session, load_pipeline(load_request(session, options.pipeline)).pipeline);
  return model_from_file(session, options.source, compute, &network);
}

LoadedModel from_snapshot(Session& session, ExportOptions options, const Compute& compute) {
  const auto [run, which] = split_snapshot_name(options.source);
  if (options.pipeline.path.empty()) options.pipeline.path = pipeline_of_run(run, options.directory).path;
  options.pipeline.run = run;
  const Pipeline pipeline = load_pipeline(load_request(session, options.pipeline)).pipeline;
  const Network network = network_of(session, pipeline);
  return model_from_snapshot(session, pipeline, which.empty() ? "newest" : which, network, compute,
                             options.weights == "model" ? WeightPart::Model : WeightPart::Average);
}

void check_options(const ExportOptions& options) {
  if (options.format != "safetensors") {
    fail(Code::InvalidArgument, "--format ", options.format,
         ": safetensors is the only format that cairn writes; its tensors have the published names, which the "
         "exporters of other tools read");
  }
}

int run_export(Session& session, const ExportOptions& options) {
  check_options(options);
  const Compute compute = plain_compute();
  apply_compute(compute, Determinism::Exact);
  LoadedModel loaded =
      is_file(options.source) ? from_file(session, options, compute) : from_snapshot(session, options, compute);
  if (options.deploy) fold(loaded, compute);
  const TensorFile file = weights_of(loaded.model->module(), about(loaded));
  write_tensors(real_files(), options.output, file);
  session.log.info(loaded.source, ": ", file.tensors.size(), " tensors",
                   loaded.deployed ? ", in the form for inference" : "", ", written to ", options.output);
  return kExitDone;
}

}  // namespace

void add_export_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("export", "write weights to a file that other programs read");
  auto options = std::make_shared<ExportOptions>();  // co-owned by the callback below
  command->add_option("source", options->source, "RUN (its newest snapshot), RUN@N, RUN@id:1a2b, or a weight file")
      ->required();
  command->add_option("--output", options->output, "the file that is written")->required();
  command->add_option("--weights", options->weights, "of a snapshot: average, or model where it is not averaged")
      ->check(CLI::IsMember({"average", "model"}));
  command->add_flag("--deploy", options->deploy, "the form for inference, where the model has one");
  command->add_option("--format", options->format, "safetensors");
  command->add_option("--directory", options->directory, "where the run's folder is")->capture_default_str();
  command->add_option("--pipeline", options->pipeline.path,
                      "what the weights were trained with, when neither the file nor the run's folder says it");
  add_pipeline_options(*command, options->pipeline);
  command->callback(
      [&session, options] { session.action = [&session, options] { return run_export(session, *options); }; });
}

}  // namespace cairn
