#include <ATen/core/grad_mode.h>
#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include <cairn/augmentation.h>
#include <cairn/image.h>

#include "cli/commands.h"
#include "cli/load_model.h"
#include "dataset/source.h"
#include "evaluate/picture_sources.h"
#include "evaluate/postprocess.h"
#include "evaluate/predict_output.h"
#include "plugin/call.h"
#include "train/iteration.h"

namespace cairn {
namespace {

struct PredictOptions {
  std::vector<std::string> sources;
  PipelineOptions pipeline;
  std::string run, snapshot, weights, directory = "runs", output = "runs/predict", device = "auto";
  double confidence = 0.25, iou = 0.7;
  int64_t image_size = 0;
  bool json = false, text = false, no_pictures = false;
};

// A picture of any size -> the network's input, and how to map back.
class Fitting {
 public:
  Fitting(Session& session, int64_t image_size, int64_t stride) : image_size_(image_size), stride_(stride) {
    letterbox_ = session.registry.create<Augmentation>("letterbox", {}, {});
  }
  Sample fit(const cv::Mat& picture) const {
    Sample sample;
    sample.image = picture;
    sample.mapping = {picture.cols, picture.rows, 1, 1, 0, 0};
    const int64_t longest = std::max(picture.cols, picture.rows);
    const auto side = [&](int64_t pixels) {
      const double scaled = static_cast<double>(pixels * image_size_) / static_cast<double>(longest);
      return static_cast<int>(
          std::max<int64_t>(1, static_cast<int64_t>(std::ceil(scaled / static_cast<double>(stride_)))) * stride_);
    };
    // As in training, where small pictures are enlarged too.
    const AugmentContext at{{side(picture.cols), side(picture.rows)}, image_size_, stride_, Phase::Train, 0, 1};
    Rng rng({0});
    return call_plugin("augmentation letterbox", "apply", [&] { return letterbox_->apply(sample, {}, at, rng); });
  }

 private:
  std::unique_ptr<Augmentation> letterbox_;
  int64_t image_size_, stride_;
};

at::Tensor batch_of_one(const cv::Mat& bgr) {
  const cv::Mat continuous = bgr.isContinuous() ? bgr : bgr.clone();
  return at::from_blob(continuous.data, {1, bgr.rows, bgr.cols, 3}, at::kByte)
      .flip(3)
      .permute({0, 3, 1, 2})
      .contiguous();
}

Detections detect(const LoadedModel& loaded, const Sample& sample, const Compute& compute,
                  const PostprocessOptions& options) {
  const at::NoGradGuard no_grad;
  const at::Tensor input = to_input(batch_of_one(sample.image), compute, true);
  const at::Tensor predictions =
      call_plugin("model", "decode", [&] { return loaded.model->decode(loaded.model->forward(input)); });
  const auto found =
      postprocess(predictions, loaded.model->needs_nms() ? Suppression::Nms : Suppression::TopK, options);
  return to_file_pixels(found.front(), sample.mapping);
}

Compute compute_for(const PredictOptions& options) {
  RunTable run;
  run.device = options.device;
  run.precision = Precision::Fp32;
  return resolve_compute(run, 0);
}

void check_options(const PredictOptions& options) {
  if (options.run.empty() == options.weights.empty()) fail(Code::InvalidArgument, "give either --run or --weights");
  if (!options.snapshot.empty() && options.run.empty()) fail(Code::InvalidArgument, "--snapshot needs --run");
}

LoadedModel find_model(Session& session, PredictOptions options, const Compute& compute) {
  if (!options.run.empty() && options.snapshot.empty()) {
    add_standard_folders(session.registry, {});
    return model_from_file(session, weights_of_run(options.run, options.directory), compute, nullptr);
  }
  if (options.pipeline.path.empty() && !options.run.empty()) {
    options.pipeline.path = pipeline_of_run(options.run, options.directory).path;
  }
  if (options.pipeline.path.empty()) {
    add_standard_folders(session.registry, {});
    return model_from_file(session, options.weights, compute, nullptr);
  }
  options.pipeline.run = options.run;
  const Pipeline pipeline = load_pipeline(load_request(session, options.pipeline)).pipeline;
  const Network network = network_of(session, pipeline);
  if (!options.weights.empty()) return model_from_file(session, options.weights, compute, &network);
  return model_from_snapshot(session, pipeline, options.snapshot, network, compute);
}

struct Tally {
  int64_t pictures = 0, objects = 0;
};

Tally predict_all(Session& session, const PredictOptions& options, const std::vector<std::filesystem::path>& files,
                  const LoadedModel& loaded, const Compute& compute, PredictWriter& writer) {
  const int64_t image_size = options.image_size > 0 ? options.image_size : loaded.network.image_size;
  const Fitting fitting(session, image_size, loaded.model->max_stride());
  PostprocessOptions post;
  post.confidence = static_cast<float>(options.confidence);
  post.iou = options.iou;
  post.multi_label = false;
  Tally tally;
  for (const auto& file : files) {
    cv::Mat picture;
    try {
      picture = decode_image(read_file(file));
    } catch (const Error& error) {
      session.log.warn(file.string(), " is skipped: ", error.what());
      continue;
    }
    const Detections found = detect(loaded, fitting.fit(picture), compute, post);
    writer.add(file, picture, found);
    tally.objects += static_cast<int64_t>(found.size());
    ++tally.pictures;
  }
  return tally;
}

int predict(Session& session, const PredictOptions& options) {
  check_options(options);
  const auto files = find_pictures(options.sources);
  const Compute compute = compute_for(options);
  apply_compute(compute, Determinism::Exact);
  LoadedModel loaded = find_model(session, options, compute);
  fold(loaded, compute);
  PredictWriter writer({options.output, !options.no_pictures, options.text, options.json}, loaded.network.classes);
  const Tally tally = predict_all(session, options, files, loaded, compute, writer);
  writer.finish();
  session.log.info(loaded.source, ": ", tally.pictures, " of ", files.size(), " pictures, ", tally.objects,
                   " objects; results in ", options.output);
  if (options.json) std::cout << writer.json();
  return tally.pictures > 0 ? kExitDone : kExitFailed;
}

}  // namespace

void add_predict_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("predict", "find objects in pictures");
  auto options = std::make_shared<PredictOptions>();  // co-owned by the callback below
  command->add_option("sources", options->sources, "pictures and folders")->required();
  command->add_option("--run", options->run, "the best weights of this run");
  command->add_option("--weights", options->weights, "a weight file: .safetensors or .pt");
  command->add_option("--snapshot", options->snapshot,
                      "with --run: the averaged weights of a snapshot: newest, @N, or the beginning of its id");
  command->add_option("--pipeline", options->pipeline.path,
                      "what --weights was trained with, when the file does not say; or the run's, when its folder is "
                      "not on this machine");
  add_pipeline_options(*command, options->pipeline);
  command->add_option("--directory", options->directory, "where the run's folder is")->capture_default_str();
  command->add_option("--output", options->output, "folder for what is written")->capture_default_str();
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:<number>")->capture_default_str();
  command->add_option("--conf", options->confidence, "least confidence of an object")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--iou", options->iou, "overlap above which the weaker of two boxes of a class falls")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--image-size", options->image_size, "long side of the network's input in pixels")
      ->check(CLI::PositiveNumber);
  command->add_flag("--json", options->json, "predictions.json, and the same on standard output");
  command->add_flag("--text", options->text, "a YOLO label file with confidences per picture");
  command->add_flag("--no-pictures", options->no_pictures, "write no pictures");
  command->callback(
      [&session, options] { session.action = [&session, options] { return predict(session, *options); }; });
}

}  // namespace cairn
