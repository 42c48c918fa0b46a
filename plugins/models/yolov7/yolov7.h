// YOLOv7 (Wang, Bochkovskiy, Liao, 2022): ELAN body, RepConv, implicit knowledge, simplified optimal transport,
// auxiliary heads in the large forms.
#pragma once
#include "common/anchor_detector.h"
#include "common/network.h"
#include "yolov7/implicit_detect.h"
#include "yolov7/ota.h"
#include "yolov7/variants.h"

namespace cairn::models {

struct YoloV7Params : AnchorParams {
  std::string variant = "tiny";
  double width = 1;
  bool loss_ota = true;
  double auxiliary_gain = 0.25;
};

class YoloV7 final : public AnchorDetector {
 public:
  YoloV7(const YoloV7Params& params, const Context& context, Weights weights = Weights::Fresh,
         Auxiliary auxiliary = Auxiliary::With);

  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }
  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress& at) override;
  at::Tensor decode(const Tensors& outputs) override;
  // Implicit vectors, biases and norms do not decay.
  GroupKind group_of(std::string_view name, const at::Tensor& parameter) const override;
  std::unique_ptr<Model> deploy() override;

  List layers() const override { return network_->listing(); }
  NamedTensors predictions(const Tensors& outputs) const override;
  Table training_details(const Tensors& outputs, const Targets& targets) const override;
  Table deploy_counts() override;

 protected:
  at::Tensor anchors_LA2() const override { return head().anchors_LA2; }
  void set_anchors(const AnchorTable& anchors) override {
    head().set_anchors(to_tensor(anchors, strides()), strides());
  }

 private:
  ImplicitDetect& head() const { return network_->last<ImplicitDetect>(); }
  Made make_head(const Place& at) const;
  Tensors lead(const Tensors& outputs) const;
  // Lead outputs with the matches of their own, then the auxiliary ones where the loss has some.
  struct Branch {
    Tensors maps;
    AnchorMatches matches;
    AnchorMatches candidates;  // empty without OTA
    std::vector<std::vector<double>> overlap_sums;
  };
  struct Assigned {
    AnchorTable anchors;
    AnchorObjects objects;
    std::vector<Branch> branches;
  };
  Assigned assign(const Tensors& outputs, const Targets& targets) const;
  // The branch's terms, level by level.
  std::vector<AnchorLevelTerms> terms_of(const Assigned& assigned, size_t branch) const;
  std::unique_ptr<YoloV7> without_auxiliary() const;

  YoloV7Params params_;
  bool auxiliary_ = false;
  AnchorLossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models
