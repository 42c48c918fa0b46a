// Self-distillation: what a student learns from a teacher of the same architecture (YOLOv6 3.0, section 2.3).
#pragma once
#include "common/positives.h"
#include "yolov6/head.h"

namespace cairn::models {

struct DistillationRule {
  double temperature = 20;
  double cls = 1, dfl = 1;  // weights of the terms
  double feature = 0;       // 0: not computed
};

// Of all terms: from 1 in the first epoch along a cosine to 0.01.
double distillation_decay(int64_t epoch, int64_t epochs);

// Kullback-Leibler divergence of the softmax over the classes of the scores / T, summed over all cells, times T^2.
at::Tensor class_divergence(const Tensors& student_logits, const Tensors& teacher_logits, double temperature);
// The same over the bins of positives, [N, 4, K] each, meaned over all entries. 0 without positives.
at::Tensor bin_divergence(const at::Tensor& student_N4K, const at::Tensor& teacher_N4K, double temperature);
// Over the cells of each channel, summed over levels, meaned over images and channels.
at::Tensor feature_divergence(const Tensors& student, const Tensors& teacher);

}  // namespace cairn::models
