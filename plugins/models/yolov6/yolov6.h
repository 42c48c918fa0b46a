// YOLOv6 3.0 (Li et al., 2023): RepVGG trunk, bidirectional fusion, decoupled head, task-aligned assignment, and in
// training optionally anchors beside it or a teacher behind it.
#pragma once
#include "common/detector.h"
#include "common/distribution_loss.h"
#include "yolov6/distillation.h"
#include "yolov6/loss.h"
#include "yolov6/net.h"
#include "yolov6/teacher.h"

namespace cairn::models {

struct YoloV6Params {
  std::string variant = "n";
  std::string boxes = "variant";
  bool fuse_ab = false;
  double box = 2.5, cls = 1.0, dfl = 0.5;
  int64_t topk = 13;
  double alpha = 1.0, beta = 6.0;
  int64_t atss_warmup_epochs = -1;
  std::string teacher_weights;
  double temperature = 20;
  double distill_cls = -1, distill_dfl = 1, distill_feature = 0;
};

class YoloV6 final : public Detector, public Teacher {
 public:
  YoloV6(const YoloV6Params& params, const Context& context);

  GroupKind group_of(std::string_view name, const at::Tensor& parameter) const override;
  void* extension(std::string_view id) override;

  // A teacher's outputs follow the network's own.
  Tensors forward(const at::Tensor& images_BCHW) override;
  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress& at) override;
  at::Tensor decode(const Tensors& outputs) override;
  int64_t max_stride() const override { return static_cast<int64_t>(variant_.strides.back()); }

  std::unique_ptr<Model> deploy() override;

  // Weights of a teacher that there is none of are no state.
  void save(StateWriter& to) const override;
  void load(const StateReader& from) override;
  std::string teacher_file() const override { return params_.teacher_weights; }
  void take_teacher(const std::vector<std::pair<std::string, at::Tensor>>& weights) override;
  List layers() const override { return yolov6_listing(*network_, variant_.table); }

  NamedTensors raw(const Tensors& outputs) const override;
  NamedTensors predictions(const Tensors& outputs) const override;

  // Of the first epoch.
  Table training_details(const Tensors& outputs, const Targets& targets) const override;
  Table deploy_counts() override;

 private:
  struct Found {
    Assignment assignment;
    Positives positives;
    double divisor = 1;
    YoloV6Terms terms;
  };

  YoloV6HeadForm form_of();
  YoloV6Outputs split(const Tensors& outputs) const { return network_->last<YoloV6Head>().split(outputs); }
  static DistributionMaps maps_of(const YoloV6Outputs& y) { return {y.boxes, y.classes}; }

  Objects objects_in(const YoloV6Outputs& y, const Targets& targets) const;
  static std::vector<std::pair<std::string, at::Tensor>> named(const YoloV6Terms& terms, const std::string& suffix);
  static Found assigned(const YoloV6LossRule& rule, const DistributionMaps& maps, const Grid& grid,
                        const Objects& objects, bool warming);
  Found free_loss(const YoloV6Outputs& y, const Targets& targets, int64_t epoch) const;
  Found anchor_loss(const YoloV6Outputs& y, const Targets& targets) const;

  // With what the teacher says added to classes and distribution. A student with plain boxes trains a distribution
  // beside them; the assigner looks at the plain ones, which inference uses.
  LossTerms taught_loss(const Tensors& outputs, const Targets& targets, const Progress& at) const;
  at::Tensor lesson_of(const YoloV6Outputs& y, const Tensors& classes, const Tensors& necks, const Positives& positives,
                       const Positives& taught, const Found& found, const Progress& at) const;
  void make_teacher();

  YoloV6Params params_;
  YoloV6Variant variant_;
  YoloV6HeadForm form_;
  YoloV6LossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
  std::unique_ptr<TeacherNetwork> teacher_;
};

}  // namespace cairn::models
