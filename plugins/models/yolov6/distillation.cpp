#include "yolov6/distillation.h"

#include <cmath>
#include <numbers>

namespace cairn::models {

namespace {

// Of softmaxes over dimension `dim`; entry by entry.
at::Tensor divergence(const at::Tensor& student, const at::Tensor& teacher, int64_t dim) {
  const at::Tensor target = at::log_softmax(teacher.detach(), dim);
  return target.exp() * (target - at::log_softmax(student, dim));
}

}  // namespace

double distillation_decay(int64_t epoch, int64_t epochs) {
  if (epochs <= 0) return 1;
  const double phase = std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(epochs);
  return (1 - std::cos(phase)) / 2 * (0.01 - 1) + 1;
}

at::Tensor class_divergence(const Tensors& student_logits, const Tensors& teacher_logits, double temperature) {
  at::Tensor sum = at::zeros({}, at_least_float(student_logits[0].detach().slice(0, 0, 0)).options());
  for (size_t level = 0; level < student_logits.size(); ++level) {
    const at::Tensor student = at::sigmoid(at_least_float(student_logits[level])) / temperature;
    const at::Tensor teacher = at::sigmoid(at_least_float(teacher_logits[level])).to(student) / temperature;
    sum = sum + divergence(student, teacher, 1).sum();
  }
  return sum * (temperature * temperature);
}

at::Tensor bin_divergence(const at::Tensor& student_N4K, const at::Tensor& teacher_N4K, double temperature) {
  const at::Tensor entries = divergence(student_N4K / temperature, teacher_N4K.to(student_N4K) / temperature, -1);
  const double count = std::max<double>(static_cast<double>(entries.numel()), 1);
  return entries.sum() * (temperature * temperature / count);
}

at::Tensor feature_divergence(const Tensors& student, const Tensors& teacher) {
  at::Tensor sum = at::zeros({}, at_least_float(student[0].detach().slice(0, 0, 0)).options());
  for (size_t level = 0; level < student.size(); ++level) {
    const at::Tensor own = at_least_float(student[level]).flatten(2);
    const at::Tensor shown = at_least_float(teacher[level]).flatten(2).to(own);
    const auto rows = static_cast<double>(own.size(0) * own.size(1));
    sum = sum + divergence(own, shown, -1).sum() / rows;
  }
  return sum;
}

}  // namespace cairn::models
