// A network's weights, from and to a file.
#pragma once
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <cairn/file.h>
#include <cairn/value.h>

#include "model/safetensors.h"
#include "model/state_entries.h"

namespace cairn {

enum class LoadPolicy {
  Strict,  // every entry of the network must be found with its shape; FailedPrecondition lists what is not
  Partial  // takes what fits
};

struct NotTaken {
  std::string name;
  std::string reason;  // with the nearest name of the other side, if there is one that could be meant
};

struct LoadReport {
  std::vector<std::string> taken;
  std::vector<NotTaken> missing;  // entries of the network that keep their values
  std::vector<NotTaken> unused;   // tensors of the file that nobody took
  std::string summary() const;    // one line: "349 of 355 taken; 6 kept as initialised, 6 of the file unused"
};

// Copies into the network's tensors, whatever their device; floating types are converted. Names may differ by a leading
// "module." or "ema.", which is cut from all names of the file when all have it. Nothing is changed when it fails.
LoadReport load_weights(torch::nn::Module& module, const TensorFile& file, LoadPolicy policy);

// What a weight file says of the network that it belongs to: type, parameters, classes, image size in pixels.
std::map<std::string, std::string> network_about(const std::string& type, const Table& params,
                                                 std::span<const std::string> classes, int64_t image_size);

// All entries, floating ones as float32, under their published names.
TensorFile weights_of(const torch::nn::Module& module, std::map<std::string, std::string> metadata);

}  // namespace cairn
