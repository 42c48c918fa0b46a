// YOLOv6's head: per level a stem and two towers, for classes and for boxes.
#pragma once
#include "common/distribution.h"
#include "common/table.h"

namespace cairn::models {

struct YoloV6HeadForm {
  int64_t classes = 80;
  int64_t bins = 1;      // per side; 1: plain distances
  bool lite = false;     // depth-wise towers, no projection
  bool anchors = false;  // training also predicts from three anchors a cell (fuse_ab)
  bool student = false;  // training also predicts the distribution of the distances
};

inline constexpr int64_t kYoloV6Bins = 17, kYoloV6Anchors = 3;

// What a forward yields: one tensor per level each. Evaluation fills classes and boxes only.
struct YoloV6Outputs {
  Tensors classes;         // [B, classes, H, W], logits
  Tensors boxes;           // [B, 4 * bins, H, W]
  Tensors distributed;     // [B, 4 * 17, H, W], of a student
  Tensors anchor_classes;  // [B, 3 * classes, H, W], channel = anchor * classes + class
  Tensors anchor_boxes;    // [B, 3 * 4, H, W], channel = anchor * 4 + coordinate
  Tensors stems;           // inputs of the towers
  Tensors necks;           // inputs of the head
};

// State: proj, proj_conv, stems, cls_convs, reg_convs, cls_preds, (reg_preds_dist,) reg_preds, (cls_preds_ab,
// reg_preds_ab).
class YoloV6Head final : public Layer {
 public:
  YoloV6Head(const YoloV6HeadForm& form, const std::vector<int64_t>& widths);
  Tensors run(std::span<const Tensors> inputs) override;
  // Without anchors and distribution of the student.
  void merge() override;
  // All scores begin at 0.01 and all boxes alike: weights 0, biases -ln(99) and 1.
  void set_prior();
  // What run() returned in training or in evaluation mode; `levels` of each.
  YoloV6Outputs split(const Tensors& outputs) const;
  // [path below the head, module, channels in, channels out, parameters], as they are executed.
  List listing() const;

 private:
  std::shared_ptr<Chain> towers(const char* name, const std::vector<int64_t>& widths, int64_t kernel);
  std::shared_ptr<Chain> outputs(const char* name, const std::vector<int64_t>& widths, int64_t channels);

  YoloV6HeadForm form_;
  std::vector<int64_t> widths_;
  at::Tensor proj_;
  // One block per level.
  std::shared_ptr<Chain> stems_, cls_convs_, reg_convs_, cls_preds_, reg_preds_dist_, reg_preds_, cls_preds_ab_,
      reg_preds_ab_;
};

}  // namespace cairn::models
