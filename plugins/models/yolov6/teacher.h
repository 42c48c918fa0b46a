// The network that a student learns from.
#pragma once
#include <cairn/state.h>
#include <cairn/teacher.h>

#include "yolov6/net.h"

namespace cairn::models {

// The student's architecture with distributed boxes. It computes with the statistics of the batch, as in the published
// recipe, and never changes. [train thread]
class TeacherNetwork {
 public:
  TeacherNetwork(const YoloV6Variant& variant, int64_t classes);
  // From what the host read; FailedPrecondition names what is missing or of another shape.
  void take(const std::vector<std::pair<std::string, at::Tensor>>& weights);
  void save(StateWriter& to) const;
  void load(const StateReader& from);
  // Without gradients, on the device and in the type of the images.
  YoloV6Outputs forward(const at::Tensor& images_BCHW);

 private:
  using Find = std::function<at::Tensor(const std::string& name)>;  // undefined when there is none
  void fill(const Find& find);

  std::shared_ptr<Network> network_;
};

}  // namespace cairn::models
