#include "common/letterbox.h"

#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "common/labels.h"

namespace cairn::augment {
namespace {

int rounded(double value) {
  return static_cast<int>(std::nearbyint(value));
}

void update_mapping(Mapping& mapping, cv::Size before, const LetterboxPlan& plan) {
  if (mapping.file_width == 0) mapping = {before.width, before.height, 1, 1, 0, 0};
  const double scale_x = static_cast<double>(plan.resized.width) / before.width;
  const double scale_y = static_cast<double>(plan.resized.height) / before.height;
  mapping.scale_x *= scale_x;
  mapping.scale_y *= scale_y;
  mapping.pad_left = mapping.pad_left * scale_x + plan.left;
  mapping.pad_top = mapping.pad_top * scale_y + plan.top;
}

}  // namespace

LetterboxPlan plan_letterbox(cv::Size image, cv::Size target, const LetterboxRule& rule) {
  LetterboxPlan plan;
  plan.ratio =
      std::min(static_cast<double>(target.width) / image.width, static_cast<double>(target.height) / image.height);
  if (!rule.scale_up) plan.ratio = std::min(plan.ratio, 1.0);
  plan.resized = {std::max(1, rounded(image.width * plan.ratio)), std::max(1, rounded(image.height * plan.ratio))};
  int pad_x = target.width - plan.resized.width, pad_y = target.height - plan.resized.height;
  if (rule.minimum_padding) {
    pad_x %= rule.stride;
    pad_y %= rule.stride;
  }
  plan.half_pad_x = pad_x / 2.0;
  plan.half_pad_y = pad_y / 2.0;
  plan.left = rounded(plan.half_pad_x - 0.1);
  plan.right = rounded(plan.half_pad_x + 0.1);
  plan.top = rounded(plan.half_pad_y - 0.1);
  plan.bottom = rounded(plan.half_pad_y + 0.1);
  return plan;
}

void letterbox(Sample& sample, cv::Size target, const LetterboxRule& rule) {
  const cv::Size before = sample.image.size();
  const LetterboxPlan plan = plan_letterbox(before, target, rule);
  update_mapping(sample.mapping, before, plan);
  if (plan.output() == before && plan.resized == before) return;

  cv::Mat image(plan.output(), sample.image.type());
  if (plan.resized != image.size()) image.setTo(cv::Scalar::all(kGrey));
  cv::Mat inner = image(cv::Rect(cv::Point(plan.left, plan.top), plan.resized));
  if (plan.resized == before) {
    sample.image.copyTo(inner);
  } else {
    cv::resize(sample.image, inner, plan.resized, 0, 0, cv::INTER_LINEAR);
  }
  sample.image = std::move(image);
  move_labels(sample, static_cast<double>(plan.resized.width) / before.width, plan.left,
              static_cast<double>(plan.resized.height) / before.height, plan.top);
  clip_labels(sample);
}

}  // namespace cairn::augment
