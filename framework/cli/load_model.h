// A model with trained weights, from a run, a weight file or a snapshot.
#pragma once
#include <map>
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
  std::unique_ptr<Model> model;  // in evaluation mode, on the device, channels last
  Network network;
  std::string source;     // for messages: what the weights came from
  bool deployed = false;  // in the form for inference, else as it was trained
};
// What a weight file says of itself, so that model_from_file() needs nothing else.
std::map<std::string, std::string> about(const LoadedModel& loaded);

// What a weight file of cairn says of itself is enough; other files need `otherwise`, and are InvalidArgument without.
LoadedModel model_from_file(Session& session, const std::filesystem::path& file, const Compute& compute,
                            const Network* otherwise);

// Weights of a snapshot of the pipeline's run, from the first store that has it intact: the averaged ones where there
// are, unless the model's are asked for. `name`: "newest", "@N", "@N-" or the beginning of an id. Changes nothing in
// the stores; the run may be going on.
enum class WeightPart { Average, Model };
LoadedModel model_from_snapshot(Session& session, const Pipeline& pipeline, const std::string& name,
                                const Network& network, const Compute& compute, WeightPart part = WeightPart::Average);

// The form for inference where the model has one: equal within 1e-4, and faster. Once is enough.
void fold(LoadedModel& loaded, const Compute& compute);

// <directory>/<run>/weights/best.safetensors, or last when there is no best.
std::filesystem::path weights_of_run(const std::string& run, const std::string& directory);

}  // namespace cairn
