// A model with trained weights, from a run, a weight file or a snapshot.
#pragma once
#include <memory>
#include <string>

#include <cairn/model.h>

#include "cli/commands.h"
#include "config/pipeline.h"
#include "train/device.h"

namespace cairn {

// What weights belong to.
struct Network {
  std::string type;
  Table params;
  ClassNames classes;
  int64_t image_size = 640;
};
Network network_of(const Pipeline& pipeline, ClassNames classes);
// Opens the pipeline's validation set for the names of the classes.
Network network_of(Session& session, const Pipeline& pipeline);

struct LoadedModel {
  std::unique_ptr<Model> model;  // as it was trained, in evaluation mode, on the device, channels last
  ClassNames classes;
  int64_t image_size = 640;
  std::string source;  // for messages: what the weights came from
};

// What a weight file of cairn says of itself is enough; other files need `otherwise`, and are InvalidArgument without.
LoadedModel model_from_file(Session& session, const std::filesystem::path& file, const Compute& compute,
                            const Network* otherwise);

// Weights of a snapshot of the pipeline's run, from the first store that has it intact: the averaged ones where there
// are. `name`: "newest", "@N", "@N-" or the beginning of an id. Changes nothing in the stores; the run may be going on.
LoadedModel model_from_snapshot(Session& session, const Pipeline& pipeline, const std::string& name,
                                const Network& network, const Compute& compute);

// The form for inference where the model has one: equal within 1e-4, and faster.
void fold(LoadedModel& loaded, const Compute& compute);

// <directory>/<run>/weights/best.safetensors, or last when there is no best.
std::filesystem::path weights_of_run(const std::string& run, const std::string& directory);

}  // namespace cairn
