// The inside of a detector, for the program that compares it with golden files and for listings. Optional.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <cairn/model.h>
#include <cairn/value.h>

namespace cairn::models {

inline constexpr std::string_view kInspection = "cairn.inspection/1";

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// [train thread] Model::extension(kInspection) points to one.
class Inspection {
 public:
  virtual ~Inspection() = default;
  // As the golden files list them, one row per layer.
  virtual List layers() const = 0;
  // Outputs of a training forward in the published layout. Names are paths below `train.raw`: "0", "one2many/2".
  virtual NamedTensors raw(const std::vector<at::Tensor>& outputs) const = 0;
  // Outputs of a forward, decoded in the published layout; names are keys below `eval`: "prediction", "aux".
  virtual NamedTensors predictions(const std::vector<at::Tensor>& outputs) const = 0;
  // Intermediate results of the loss; keys are those below `train`: "assignment", "loss_parts".
  virtual Table training_details(const std::vector<at::Tensor>& outputs, const Targets& targets) const = 0;
  // Of the deployed model; keys are those below `deploy`: "fused_parameters", "state_entries".
  virtual Table deploy_counts() = 0;
  virtual void set_batch_norm_momentum(double momentum) = 0;
};

}  // namespace cairn::models
