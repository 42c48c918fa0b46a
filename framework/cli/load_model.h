// A model ready for inference, from a run, a weight file or a snapshot.
#pragma once
#include <memory>
#include <string>

#include <cairn/model.h>

#include "cli/commands.h"
#include "config/pipeline.h"
#include "train/device.h"

namespace cairn {

struct LoadedModel {
  std::unique_ptr<Model> model;  // in evaluation mode, in its deploy form where it has one
  ClassNames classes;
  int64_t image_size = 640;
  std::string source;  // for messages: what the weights came from
};

// What a weight file of cairn says of itself is enough. InvalidArgument when it says nothing.
LoadedModel model_from_file(Session& session, const std::filesystem::path& file, const Compute& compute);

// The network of a pipeline with weights of a snapshot of its run: the averaged ones where there are. `name`: ""
// newest,
// "@N", "@N-" or the beginning of an id.
LoadedModel model_from_snapshot(Session& session, const Pipeline& pipeline, const std::string& name,
                                const Compute& compute);

// <directory>/<run>/weights/best.safetensors, or last when there is no best.
std::filesystem::path weights_of_run(const std::string& run, const std::string& directory);

}  // namespace cairn
