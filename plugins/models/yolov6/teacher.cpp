#include "yolov6/teacher.h"

#include <algorithm>

#include "common/convolution.h"

namespace cairn::models {

namespace {

YoloV6HeadForm form_of(const YoloV6Variant& variant, int64_t classes) {
  YoloV6HeadForm form;
  form.classes = classes;
  form.bins = kYoloV6Bins;
  form.lite = variant.lite;
  return form;
}

// Parameters and running statistics; not the counters of batches, which nobody reads.
torch::OrderedDict<std::string, at::Tensor> entries(const Network& network) {
  torch::OrderedDict<std::string, at::Tensor> all = network.named_parameters();
  for (const auto& item : network.named_buffers()) {
    if (item.value().is_floating_point()) all.insert(item.key(), item.value());
  }
  return all;
}

}  // namespace

TeacherNetwork::TeacherNetwork(const YoloV6Variant& variant, int64_t classes)
    : network_(yolov6_network(variant, form_of(variant, classes), 0)) {
  network_->train();
  for (const auto& module : network_->modules()) {
    if (auto* norm = dynamic_cast<BatchNorm*>(module.get())) norm->momentum = 0;
  }
  for (at::Tensor& parameter : network_->parameters()) parameter.set_requires_grad(false);
}

void TeacherNetwork::fill(const Find& find) {
  const at::NoGradGuard no_grad;
  for (auto& item : entries(*network_)) {
    const at::Tensor found = find(item.key());
    if (!found.defined()) {
      fail(Code::FailedPrecondition, "the teacher's weights have no ", item.key(),
           "; expected those of the same variant, trained with boxes = \"distribution\"");
    }
    if (found.sizes() != item.value().sizes()) {
      fail(Code::FailedPrecondition, "the teacher's ", item.key(), " has shape ", found.sizes(), ", expected ",
           item.value().sizes(), "; a teacher has the student's variant and classes, and boxes = \"distribution\"");
    }
    item.value().copy_(found);
  }
}

void TeacherNetwork::take(const std::vector<std::pair<std::string, at::Tensor>>& weights) {
  fill([&weights](const std::string& name) {
    const auto found = std::find_if(weights.begin(), weights.end(), [&](const auto& w) { return w.first == name; });
    return found == weights.end() ? at::Tensor() : found->second;
  });
}

void TeacherNetwork::save(StateWriter& to) const {
  for (const auto& item : entries(*network_)) to.tensor("teacher/" + item.key(), item.value());
}

void TeacherNetwork::load(const StateReader& from) {
  fill([&from](const std::string& name) {
    const std::string path = "teacher/" + name;
    return from.has(path) ? from.tensor(path) : at::Tensor();
  });
}

YoloV6Outputs TeacherNetwork::forward(const at::Tensor& images_BCHW) {
  const at::NoGradGuard no_grad;
  const at::Tensor own = network_->layer(0).parameters().front();
  if (own.device() != images_BCHW.device()) network_->to(images_BCHW.device());
  if (own.scalar_type() != images_BCHW.scalar_type()) network_->to(images_BCHW.scalar_type());
  return network_->last<YoloV6Head>().split(network_->forward(images_BCHW));
}

}  // namespace cairn::models
