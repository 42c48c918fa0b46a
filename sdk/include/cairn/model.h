// Kind model: a detector with its loss. Axes in names: B batch, C channels, H height, W width, N rows.
#pragma once
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <cairn/plugin.h>

namespace torch::nn {
class Module;
}

namespace cairn {

// The objects of a batch. Rows [image in batch, class, cx, cy, w, h], float32, normalised to the network's input;
// grouped by image in rising order; possibly no row at all. On the device of the images.
struct Targets {
  at::Tensor rows_N6;
  int64_t batch = 0, height = 0, width = 0;  // of the images, in pixels
};

// `total` is the scalar that is back-propagated, with every gain and batch factor in it; float32.
// `terms` are for people: detached scalars, without the batch factor, in a fixed order.
struct LossTerms {
  at::Tensor total;
  std::vector<std::pair<std::string, at::Tensor>> terms;
};

// [train thread]
class CAIRN_API Model : public Plugin {
 public:
  ~Model() override;
  // The network: its named parameters and buffers are what a snapshot holds as weights, under the published names.
  // Initialised by create() from Context::seed alone. Owned by the model.
  virtual torch::nn::Module& module() = 0;
  // The network alone, in the mode (train, eval) that module() is in; may run under autocast and in channels_last.
  // images_BCHW: RGB in [0, 1]; H and W multiples of max_stride().
  virtual std::vector<at::Tensor> forward(const at::Tensor& images_BCHW) = 0;
  // From the outputs of a forward in training mode. Computed in float32 (float64 when the outputs are). Deterministic.
  virtual LossTerms loss(const std::vector<at::Tensor>& outputs, const Targets& targets, const Progress& at) = 0;
  // From the outputs of a forward in evaluation mode: [B, N, 4 + classes], x1 y1 x2 y2 in pixels of the input, then
  // scores.
  virtual at::Tensor decode(const std::vector<at::Tensor>& outputs) = 0;
  virtual GroupKind group_of(std::string_view name, const at::Tensor& parameter) const = 0;
  virtual bool needs_nms() const { return true; }
  virtual int64_t max_stride() const { return 32; }
  // A model for inference with the same outputs within 1e-4: branches merged, batch norm folded. Leaves this one
  // untouched. Null when there is nothing to fold.
  virtual std::unique_ptr<Model> deploy() { return nullptr; }
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> model(std::string type, std::string help) {
  return {Kind::Model, std::move(type), std::move(help)};
}

}  // namespace cairn
