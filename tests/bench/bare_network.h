// What the whole training is compared with: the network alone on one batch that never changes.
#pragma once
#include "bench/rig.h"

namespace cairn::bench {

// Its own weights and optimizer; precision, memory format and threads are the rig's. Borrows the rig.
class BareNetwork {
 public:
  BareNetwork(Rig& rig, const at::Tensor& images_BCHW);  // uint8
  void iterate();                                        // forward, backward from fixed gradients, step

 private:
  std::vector<at::Tensor> forward();

  Rig& rig_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  ParamGroups groups_;
  std::vector<Rates> rates_;
  at::Tensor images_;
  std::vector<at::Tensor> gradients_;
};

}  // namespace cairn::bench
