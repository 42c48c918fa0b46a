// YOLOv5 (Jocher, 2020; release 7.0): anchors, CSP body, objectness; assignment by shape alone.
#pragma once
#include "common/anchor_detector.h"
#include "common/network.h"
#include "yolov5/anchor_detect.h"
#include "yolov5/variants.h"

namespace cairn::models {

struct YoloV5Params : AnchorParams, YoloV5Size {
  bool autobalance = false;
};

class YoloV5 final : public AnchorDetector {
 public:
  YoloV5(const YoloV5Params& params, const Context& context, Weights weights = Weights::Fresh);

  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }
  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress& at) override;
  at::Tensor decode(const Tensors& outputs) override;
  std::unique_ptr<Model> deploy() override;

  // The levels' balance, which changes with autobalance.
  void save(StateWriter& to) const override;
  void load(const StateReader& from) override;

  List layers() const override { return network_->listing(); }
  NamedTensors predictions(const Tensors& outputs) const override;
  Table training_details(const Tensors& outputs, const Targets& targets) const override;
  Table deploy_counts() override;

 protected:
  at::Tensor anchors_LA2() const override { return head().anchors_LA2; }
  void set_anchors(const AnchorTable& anchors) override;

 private:
  AnchorDetect& head() const { return network_->last<AnchorDetect>(); }
  Made make_head(const Place& at) const;
  struct Assigned {
    AnchorTable anchors;
    AnchorObjects objects;
    AnchorMatches matches;
  };
  Assigned assign(const Tensors& outputs, const Targets& targets) const;
  void rebalance(const std::vector<AnchorLevelTerms>& levels);

  YoloV5Params params_;
  AnchorLossRule rule_;
  std::vector<double> balance_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models
