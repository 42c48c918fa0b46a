// Loss scaling for fp16.
#pragma once
#include <cstdint>

#include <cairn/optimizer.h>

namespace cairn {

struct GradScalerSettings {
  double initial_scale = 65536.0;
  double growth = 2.0;
  double backoff = 0.5;
  int64_t growth_interval = 2000;  // good steps in a row before the scale grows
};

// One step: backward of scaled(loss); unscale(groups); clip; optimizer step with what unscale returned; update with the
// same. [train thread] The scale lives on the device of the first loss, so that no step waits for the device because of
// it.
class GradScaler {
 public:
  explicit GradScaler(GradScalerSettings settings = {});
  at::Tensor scaled(const at::Tensor& loss);
  // Divides the gradients in place. found_inf of the result is 1 when one is not finite; its scale is undefined.
  GradScale unscale(const ParamGroups& groups);
  // A bad step shrinks the scale and resets the count; growth_interval good ones in a row enlarge it.
  void update(const GradScale& step);
  double scale() const;
  int64_t good_steps() const;

  // Paths: "scale", "good_steps".
  void save(StateWriter& to) const;
  void load(const StateReader& from);

 private:
  void move_to(const at::Device& device);

  GradScalerSettings settings_;
  at::Tensor scale_;       // float32 scalar
  at::Tensor good_steps_;  // int32 scalar
};

}  // namespace cairn
