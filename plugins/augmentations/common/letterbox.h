// Fitting a picture into a rectangle: resized with its proportions kept, the rest padded with grey.
#pragma once
#include <cairn/sample.h>

namespace cairn::augment {

inline constexpr int kGrey = 114;

struct LetterboxRule {
  bool scale_up = true;          // small pictures are enlarged
  bool minimum_padding = false;  // padding is reduced modulo the stride ("auto")
  int stride = 32;
};

struct LetterboxPlan {
  double ratio = 1;
  cv::Size resized;
  double half_pad_x = 0, half_pad_y = 0;  // padding per side before rounding
  int left = 0, top = 0, right = 0, bottom = 0;
  cv::Size output() const { return {left + resized.width + right, top + resized.height + bottom}; }
};

// ratio = least target side / side, at most 1 without scale_up; resized = round(side * ratio), half to even; near
// padding round(half - 0.1), far padding round(half + 0.1).
LetterboxPlan plan_letterbox(cv::Size image, cv::Size target, const LetterboxRule& rule);

// The picture (bilinear, grey around), boxes, outlines and the mapping to the file. A picture that already fits exactly
// is left alone, shared pixels included. Labels move by resized / side and the rounded left and top, which is what
// happens to the pixels.
void letterbox(Sample& sample, cv::Size target, const LetterboxRule& rule);

}  // namespace cairn::augment
