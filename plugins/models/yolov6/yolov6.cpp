// YOLOv6 3.0 (Li et al., 2023): RepVGG trunk, bidirectional fusion, decoupled head, task-aligned assignment, and in
// training optionally anchors beside it or a teacher behind it.
#include <ATen/ATen.h>

#include "common/detector.h"
#include "common/distribution_loss.h"
#include "yolov6/anchor_branch.h"
#include "yolov6/distillation.h"
#include "yolov6/loss.h"
#include "yolov6/net.h"
#include "yolov6/presets.h"
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
  YoloV6(const YoloV6Params& params, const Context& context)
      : Detector(context), params_(params), variant_(yolov6_variant(params.variant)), form_(form_of()) {
    network_ = yolov6_network(variant_, form_, context.seed);
    set_root(network_);
    rule_ = yolov6_loss_rule(variant_.overlap);
    rule_.iou_gain = params.box;
    rule_.cls_gain = params.cls;
    rule_.dfl_gain = params.dfl;
    rule_.aligned.topk = params.topk;
    rule_.aligned.alpha = params.alpha;
    rule_.aligned.beta = params.beta;
    if (params.atss_warmup_epochs >= 0) variant_.atss_epochs = params.atss_warmup_epochs;
    if (!params.teacher_weights.empty()) variant_.atss_epochs = 0;
  }

  GroupKind group_of(std::string_view name, const at::Tensor& parameter) const override {
    return name.ends_with(".alpha") ? GroupKind::Untrained : Detector::group_of(name, parameter);
  }

  void* extension(std::string_view id) override {
    if (id == kTeacherExtension) return params_.teacher_weights.empty() ? nullptr : static_cast<Teacher*>(this);
    return Detector::extension(id);
  }

  // A teacher's outputs follow the network's own.
  Tensors forward(const at::Tensor& images_BCHW) override {
    Tensors outputs = network_->forward(images_BCHW);
    if (params_.teacher_weights.empty() || !network_->is_training()) return outputs;
    if (!teacher_) {
      fail(Code::FailedPrecondition, "the teacher of the YOLOv6 model has no weights; the host hands them over from ",
           params_.teacher_weights, " when a run begins");
    }
    const YoloV6Outputs shown = teacher_->forward(images_BCHW);
    for (const Tensors* group : {&shown.classes, &shown.boxes, &shown.necks}) {
      outputs.insert(outputs.end(), group->begin(), group->end());
    }
    return outputs;
  }

  LossTerms loss(const Tensors& outputs, const Targets& targets, const Progress& at) override {
    if (!params_.teacher_weights.empty()) return taught_loss(outputs, targets, at);
    const YoloV6Outputs y = split(outputs);
    const YoloV6Terms terms = free_loss(y, targets, at.epoch).terms;
    LossTerms loss{terms.sum(), named(terms, "")};
    if (!params_.fuse_ab) return loss;
    const YoloV6Terms more = anchor_loss(y, targets).terms;
    loss.total = loss.total + more.sum();
    loss.terms.emplace_back("iou_ab", more.iou.detach());
    loss.terms.emplace_back("cls_ab", more.cls.detach());
    return loss;
  }

  at::Tensor decode(const Tensors& outputs) override {
    return models::decode(maps_of(split(outputs)), variant_.strides);
  }

  int64_t max_stride() const override { return static_cast<int64_t>(variant_.strides.back()); }

  std::unique_ptr<Model> deploy() override {
    auto made = std::make_unique<YoloV6>(params_, context());
    make_deployed(*made);
    return made;
  }

  // Weights of a teacher that there is none of are no state.
  void save(StateWriter& to) const override {
    if (teacher_) teacher_->save(to);
  }
  void load(const StateReader& from) override {
    if (params_.teacher_weights.empty()) return;
    make_teacher();
    teacher_->load(from);
  }

  std::string teacher_file() const override { return params_.teacher_weights; }
  void take_teacher(const std::vector<std::pair<std::string, at::Tensor>>& weights) override {
    make_teacher();
    teacher_->take(weights);
  }

  List layers() const override { return yolov6_listing(*network_, variant_.table); }

  NamedTensors raw(const Tensors& outputs) const override {
    const YoloV6Outputs y = split(outputs);
    NamedTensors named;
    const auto add = [&named](const char* name, size_t level, const at::Tensor& tensor) {
      named.emplace_back(std::string(name) + "/" + std::to_string(level), tensor);
    };
    const auto by_cell = [](const at::Tensor& map) { return map.flatten(2).transpose(1, 2); };
    const Tensors anchors = anchor_boxes(y, variant_.strides);
    const DistributionMaps with_anchors = anchor_maps(y, variant_.strides);
    for (size_t level = 0; level < y.stems.size(); ++level) {
      add("stem", level, y.stems[level]);
      add("cls", level, by_cell(at::sigmoid(y.classes[level])));
      add("reg", level, by_cell(y.boxes[level]));
      if (!params_.fuse_ab) continue;
      add("cls_ab", level, by_cell(at::sigmoid(with_anchors.classes[level])));
      add("reg_ab", level, anchors[level]);
    }
    return named;
  }

  NamedTensors predictions(const Tensors& outputs) const override {
    const at::Tensor decoded = models::decode(maps_of(split(outputs)), variant_.strides);
    const at::Tensor boxes = centre_from_corners(decoded.slice(-1, 0, 4));
    const at::Tensor ones = at::ones_like(boxes.slice(-1, 0, 1));
    return {{"prediction", at::cat({boxes, ones, decoded.slice(-1, 4)}, -1)}};
  }

  // Of the first epoch.
  Table training_details(const Tensors& outputs, const Targets& targets) const override {
    const YoloV6Outputs y = split(outputs);
    const Objects objects = objects_in(y, targets);
    Table details{{"assignment", describe(free_loss(y, targets, 0).assignment, objects)}};
    if (!params_.fuse_ab) return details;
    const Found found = anchor_loss(y, targets);
    details["assignment_ab"] = describe(found.assignment, objects);
    details["loss_ab"] = Table{{"iou", found.terms.iou.item<double>()},
                               {"dfl", found.terms.dfl.item<double>()},
                               {"cls", found.terms.cls.item<double>()},
                               {"total", found.terms.sum().item<double>()}};
    return details;
  }

  Table deploy_counts() override {
    const auto deployed = deploy();
    return {{"parameters", parameter_elements(deployed->module())},
            {"state_entries", state_entry_count(deployed->module())}};
  }

 private:
  struct Found {
    Assignment assignment;
    Positives positives;
    double divisor = 1;
    YoloV6Terms terms;
  };

  YoloV6HeadForm form_of() {
    if (params_.boxes != "variant") variant_.distribution = params_.boxes == "distribution";
    if (params_.fuse_ab && variant_.strides.size() != 3) {
      fail(Code::InvalidArgument, "fuse_ab has anchors for the strides 8, 16 and 32; variant ", params_.variant,
           " has another level: leave fuse_ab out");
    }
    if (params_.fuse_ab && !params_.teacher_weights.empty()) {
      fail(Code::InvalidArgument, "a student trains without anchors: leave out fuse_ab or teacher_weights");
    }
    YoloV6HeadForm form;
    form.classes = classes();
    form.bins = variant_.distribution ? kYoloV6Bins : 1;
    form.lite = variant_.lite;
    form.anchors = params_.fuse_ab;
    form.student = !params_.teacher_weights.empty() && !variant_.distribution;
    return form;
  }

  YoloV6Outputs split(const Tensors& outputs) const { return network_->last<YoloV6Head>().split(outputs); }
  static DistributionMaps maps_of(const YoloV6Outputs& y) { return {y.boxes, y.classes}; }

  Objects objects_in(const YoloV6Outputs& y, const Targets& targets) const {
    const Grid grid(y.classes, variant_.strides);
    return {targets, grid.image_width(), grid.image_height(), classes(), Arithmetic::Float64};
  }

  static std::vector<std::pair<std::string, at::Tensor>> named(const YoloV6Terms& terms, const std::string& suffix) {
    return {{"iou" + suffix, terms.iou.detach()},
            {"dfl" + suffix, terms.dfl.detach()},
            {"cls" + suffix, terms.cls.detach()}};
  }

  static Found assigned(const YoloV6LossRule& rule, const DistributionMaps& maps, const Grid& grid,
                        const Objects& objects, bool warming) {
    const DistributionPredictions predictions(maps, grid);
    Found found;
    found.assignment = warming ? assign_atss(rule.adaptive, grid, objects, predictions)
                               : assign_task_aligned(rule.aligned, grid, objects, predictions);
    found.positives = gather_positives(maps, grid, objects, found.assignment);
    found.divisor = yolov6_divisor(rule, found.assignment);
    return found;
  }

  Found free_loss(const YoloV6Outputs& y, const Targets& targets, int64_t epoch) const {
    const Grid grid(y.classes, variant_.strides);
    Found found = assigned(rule_, maps_of(y), grid, objects_in(y, targets), epoch < variant_.atss_epochs);
    found.terms = yolov6_loss(rule_, maps_of(y), found.positives, found.divisor);
    return found;
  }

  Found anchor_loss(const YoloV6Outputs& y, const Targets& targets) const {
    YoloV6LossRule rule = rule_;
    rule.aligned.topk = 2 * rule_.aligned.topk;
    rule.least_sum = 0;
    const Grid grid(y.anchor_classes, variant_.strides, kYoloV6Anchors);
    const DistributionMaps maps = anchor_maps(y, variant_.strides);
    Found found = assigned(rule, maps, grid, objects_in(y, targets), false);
    found.terms = yolov6_loss(rule, maps, found.positives, found.divisor);
    return found;
  }

  // With what the teacher says added to classes and distribution. A student with plain boxes trains a distribution
  // beside them; the assigner looks at the plain ones, which inference uses.
  LossTerms taught_loss(const Tensors& outputs, const Targets& targets, const Progress& at) const {
    const size_t levels = variant_.strides.size();
    const auto teacher = outputs.end() - static_cast<std::ptrdiff_t>(3 * levels);
    const YoloV6Outputs y = split({outputs.begin(), teacher});
    const auto shown = [&](size_t group) {
      const auto first = teacher + static_cast<std::ptrdiff_t>(group * levels);
      return Tensors(first, first + static_cast<std::ptrdiff_t>(levels));
    };
    YoloV6LossRule rule = rule_;
    rule.least_sum = 0;
    const Grid grid(y.classes, variant_.strides);
    const Objects objects = objects_in(y, targets);
    Found found = assigned(rule, maps_of(y), grid, objects, false);
    YoloV6Terms terms = yolov6_loss(rule, maps_of(y), found.positives, found.divisor);
    Positives positives = found.positives;
    if (form_.student) {
      positives = gather_positives({y.distributed, y.classes}, grid, objects, found.assignment);
      const YoloV6Terms more = yolov6_box_loss(rule, positives, found.divisor);
      terms.iou = terms.iou + more.iou;
      terms.dfl = more.dfl;
    }
    const Positives taught = gather_positives({shown(1), shown(0)}, grid, objects, found.assignment);
    const at::Tensor lesson = lesson_of(y, shown(0), shown(2), positives, taught, found, at);
    LossTerms loss{terms.sum() + lesson, named(terms, "")};
    loss.terms.emplace_back("teacher", lesson.detach());
    return loss;
  }

  at::Tensor lesson_of(const YoloV6Outputs& y, const Tensors& classes, const Tensors& necks, const Positives& positives,
                       const Positives& taught, const Found& found, const Progress& at) const {
    const double cls = params_.distill_cls < 0 ? variant_.distill_cls : params_.distill_cls;
    const double decay = distillation_decay(at.epoch, at.plan.epochs);
    at::Tensor lesson = class_divergence(y.classes, classes, params_.temperature) * (rule_.cls_gain * cls * decay);
    const at::Tensor bins = bin_divergence(positives.bins_N4K, taught.bins_N4K, params_.temperature);
    const double weight = found.assignment.score_sum / found.divisor;
    lesson = lesson + bins * (rule_.dfl_gain * params_.distill_dfl * decay * weight);
    if (params_.distill_feature == 0) return lesson;
    return lesson + feature_divergence(y.necks, necks) * (params_.distill_feature * decay);
  }

  void make_teacher() {
    if (!teacher_) teacher_ = std::make_unique<TeacherNetwork>(variant_, classes());
  }

  YoloV6Params params_;
  YoloV6Variant variant_;
  YoloV6HeadForm form_;
  YoloV6LossRule rule_;
  std::shared_ptr<Network> network_;  // also held by Detector as its root
  std::unique_ptr<TeacherNetwork> teacher_;
};

}  // namespace cairn::models

namespace {
using cairn::models::YoloV6Params;

struct AddPresets {
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    for (const auto& [name, toml] : cairn::models::yolov6_presets()) std::move(builder).preset(name, toml);
    return std::move(builder);
  }
};
}  // namespace

CAIRN_PLUGIN(
    "cairn.yolov6", "1.0.0",
    cairn::model<cairn::models::YoloV6, YoloV6Params>("yolov6",
                                                      "YOLOv6: re-parameterised trunk, task-aligned, varifocal")
        .param("variant", &YoloV6Params::variant, cairn::one_of(cairn::models::yolov6_variant_names()),
               "size and form; 6 adds a level of stride 64")
        .param("boxes", &YoloV6Params::boxes, cairn::one_of({"variant", "distance", "distribution"}),
               "what the box branches predict; a teacher needs distribution")
        .param("fuse_ab", &YoloV6Params::fuse_ab,
               "anchor-aided training: a branch with anchors that inference leaves out")
        .param("box", &YoloV6Params::box, cairn::at_least(0), cairn::sweepable, "gain of the box loss")
        .param("cls", &YoloV6Params::cls, cairn::at_least(0), cairn::sweepable, "gain of the class loss")
        .param("dfl", &YoloV6Params::dfl, cairn::at_least(0), cairn::sweepable, "gain of the distribution loss")
        .param("topk", &YoloV6Params::topk, cairn::range(1, 100),
               "anchors that an object may keep; twice as many in the branch with anchors")
        .param("alpha", &YoloV6Params::alpha, cairn::range(0, 10), "exponent of the score in the assigner's metric")
        .param("beta", &YoloV6Params::beta, cairn::range(0.1, 20), "exponent of the overlap in the assigner's metric")
        .param("atss_warmup_epochs", &YoloV6Params::atss_warmup_epochs, cairn::at_least(-1), cairn::unit::epochs,
               "first epochs with ATSS as the assigner; -1: the variant's own")
        .param("teacher_weights", &YoloV6Params::teacher_weights,
               "safetensors file of a trained teacher of the same variant; empty: none")
        .param("temperature", &YoloV6Params::temperature, cairn::more_than(0), cairn::sweepable,
               "of the distributions that are compared with the teacher's")
        .param("distill_cls", &YoloV6Params::distill_cls, cairn::at_least(-1), cairn::sweepable,
               "weight of the teacher's classes; -1: the variant's own")
        .param("distill_dfl", &YoloV6Params::distill_dfl, cairn::at_least(0), cairn::sweepable,
               "weight of the teacher's distributions")
        .param("distill_feature", &YoloV6Params::distill_feature, cairn::at_least(0), cairn::sweepable,
               "weight of the teacher's features; 0: not compared, published: 10")
        .with(AddPresets{}))
