#include "yolov6/yolov6.h"

#include <ATen/ATen.h>

#include "yolov6/anchor_branch.h"

namespace cairn::models {

YoloV6::YoloV6(const YoloV6Params& params, const Context& context)
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

GroupKind YoloV6::group_of(std::string_view name, const at::Tensor& parameter) const {
  return name.ends_with(".alpha") ? GroupKind::Untrained : Detector::group_of(name, parameter);
}

void* YoloV6::extension(std::string_view id) {
  if (id == kTeacherExtension) return params_.teacher_weights.empty() ? nullptr : static_cast<Teacher*>(this);
  return Detector::extension(id);
}

Tensors YoloV6::forward(const at::Tensor& images_BCHW) {
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

LossTerms YoloV6::loss(const Tensors& outputs, const Targets& targets, const Progress& at) {
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

at::Tensor YoloV6::decode(const Tensors& outputs) {
  return models::decode(maps_of(split(outputs)), variant_.strides);
}

std::unique_ptr<Model> YoloV6::deploy() {
  auto made = std::make_unique<YoloV6>(params_, context());
  make_deployed(*made);
  return made;
}

void YoloV6::save(StateWriter& to) const {
  if (teacher_) teacher_->save(to);
}

void YoloV6::load(const StateReader& from) {
  if (params_.teacher_weights.empty()) return;
  make_teacher();
  teacher_->load(from);
}

void YoloV6::take_teacher(const std::vector<std::pair<std::string, at::Tensor>>& weights) {
  make_teacher();
  teacher_->take(weights);
}

NamedTensors YoloV6::raw(const Tensors& outputs) const {
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

NamedTensors YoloV6::predictions(const Tensors& outputs) const {
  const at::Tensor decoded = models::decode(maps_of(split(outputs)), variant_.strides);
  const at::Tensor boxes = centre_from_corners(decoded.slice(-1, 0, 4));
  const at::Tensor ones = at::ones_like(boxes.slice(-1, 0, 1));
  return {{"prediction", at::cat({boxes, ones, decoded.slice(-1, 4)}, -1)}};
}

Table YoloV6::training_details(const Tensors& outputs, const Targets& targets) const {
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

Table YoloV6::deploy_counts() {
  const auto deployed = deploy();
  return {{"parameters", parameter_elements(deployed->module())},
          {"state_entries", state_entry_count(deployed->module())}};
}

YoloV6HeadForm YoloV6::form_of() {
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

Objects YoloV6::objects_in(const YoloV6Outputs& y, const Targets& targets) const {
  const Grid grid(y.classes, variant_.strides);
  return {targets, grid.image_width(), grid.image_height(), classes(), Arithmetic::Float64};
}

std::vector<std::pair<std::string, at::Tensor>> YoloV6::named(const YoloV6Terms& terms, const std::string& suffix) {
  return {
      {"iou" + suffix, terms.iou.detach()}, {"dfl" + suffix, terms.dfl.detach()}, {"cls" + suffix, terms.cls.detach()}};
}

YoloV6::Found YoloV6::assigned(const YoloV6LossRule& rule, const DistributionMaps& maps, const Grid& grid,
                               const Objects& objects, bool warming) {
  const DistributionPredictions predictions(maps, grid);
  Found found;
  found.assignment = warming ? assign_atss(rule.adaptive, grid, objects, predictions)
                             : assign_task_aligned(rule.aligned, grid, objects, predictions);
  found.positives = gather_positives(maps, grid, objects, found.assignment);
  found.divisor = yolov6_divisor(rule, found.assignment);
  return found;
}

YoloV6::Found YoloV6::free_loss(const YoloV6Outputs& y, const Targets& targets, int64_t epoch) const {
  const Grid grid(y.classes, variant_.strides);
  Found found = assigned(rule_, maps_of(y), grid, objects_in(y, targets), epoch < variant_.atss_epochs);
  found.terms = yolov6_loss(rule_, maps_of(y), found.positives, found.divisor);
  return found;
}

YoloV6::Found YoloV6::anchor_loss(const YoloV6Outputs& y, const Targets& targets) const {
  YoloV6LossRule rule = rule_;
  rule.aligned.topk = 2 * rule_.aligned.topk;
  rule.least_sum = 0;
  const Grid grid(y.anchor_classes, variant_.strides, kYoloV6Anchors);
  const DistributionMaps maps = anchor_maps(y, variant_.strides);
  Found found = assigned(rule, maps, grid, objects_in(y, targets), false);
  found.terms = yolov6_loss(rule, maps, found.positives, found.divisor);
  return found;
}

LossTerms YoloV6::taught_loss(const Tensors& outputs, const Targets& targets, const Progress& at) const {
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

at::Tensor YoloV6::lesson_of(const YoloV6Outputs& y, const Tensors& classes, const Tensors& necks,
                             const Positives& positives, const Positives& taught, const Found& found,
                             const Progress& at) const {
  const double cls = params_.distill_cls < 0 ? variant_.distill_cls : params_.distill_cls;
  const double decay = distillation_decay(at.epoch, at.plan.epochs);
  at::Tensor lesson = class_divergence(y.classes, classes, params_.temperature) * (rule_.cls_gain * cls * decay);
  const at::Tensor bins = bin_divergence(positives.bins_N4K, taught.bins_N4K, params_.temperature);
  const double weight = found.assignment.score_sum / found.divisor;
  lesson = lesson + bins * (rule_.dfl_gain * params_.distill_dfl * decay * weight);
  if (params_.distill_feature == 0) return lesson;
  return lesson + feature_divergence(y.necks, necks) * (params_.distill_feature * decay);
}

void YoloV6::make_teacher() {
  if (!teacher_) teacher_ = std::make_unique<TeacherNetwork>(variant_, classes());
}

}  // namespace cairn::models
