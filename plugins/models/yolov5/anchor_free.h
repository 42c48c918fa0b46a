// The anchor-free YOLOv5 ("u"): YOLOv8's head and loss behind YOLOv5's body.
#pragma once
#include "common/detector.h"
#include "common/distribution_params.h"
#include "common/network.h"
#include "common/weights.h"
#include "yolov5/variants.h"

namespace cairn::models {

struct YoloV5uParams : DistributionParams, YoloV5Size {};

class YoloV5u final : public Detector {
 public:
  YoloV5u(const YoloV5uParams& params, const Context& context, Weights weights = Weights::Fresh);

  Tensors forward(const at::Tensor& images_BCHW) override { return network_->forward(images_BCHW); }
  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress& at) override;
  at::Tensor decode(const Tensors& outputs) override;
  int64_t max_stride() const override { return static_cast<int64_t>(rule_.strides.back()); }
  std::unique_ptr<Model> deploy() override;

  List layers() const override { return network_->listing(); }
  NamedTensors raw(const Tensors& outputs) const override;
  NamedTensors predictions(const Tensors& outputs) const override;
  Table training_details(const Tensors& outputs, const Targets& targets) const override;
  Table deploy_counts() override;

 private:
  YoloV5uParams params_;
  DistributionLossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
};

}  // namespace cairn::models
