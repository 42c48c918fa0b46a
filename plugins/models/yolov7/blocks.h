// YOLOv7's blocks (Wang, Bochkovskiy, Liao, 2022). Channel counts are as built; children in state order.
#pragma once
#include "common/convolution.h"
#include "common/table.h"

namespace cairn::models {

// Space to depth: channels of the pixels (row, column) = (0, 0), (1, 0), (0, 1), (1, 1) of every 2x2 square.
class ReOrg final : public Block {
 public:
  at::Tensor forward(const at::Tensor& x) override;
};

// Half the size: a strided 3x3 behind a 1x1, beside a 1x1 behind a 2x2 pool. Children cv1, cv2, cv3.
class DownC final : public Block {
 public:
  DownC(int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_, cv3_;
};

// Three convolutions, pools of 5, 9 and 13, two convolutions; a 1x1 beside all that. Children cv1 .. cv7; cv2 is
// beside.
class SppCspC final : public Block {
 public:
  SppCspC(int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv> cv1_, cv2_, cv3_, cv4_, cv5_, cv6_, cv7_;
};

// The standard ones and ReOrg {}, MP {}, SP {kernel}, DownC {out}, SPPCSPC {out}, RepConv {out, 3, 1}, Shortcut {}.
// Conv has the activation given.
Makers yolov7_makers(Activation activation);

}  // namespace cairn::models
