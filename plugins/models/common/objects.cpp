#include "common/objects.h"

#include <algorithm>
#include <cmath>

namespace cairn::models {

namespace {

template <class Real>
Object corners(const float* row, double width, double height) {
  const auto w = static_cast<Real>(width), h = static_cast<Real>(height);
  const Real cx = row[2] * w, cy = row[3] * h, half_w = row[4] * w / 2, half_h = row[5] * h / 2;
  Object object{static_cast<double>(cx - half_w),
                static_cast<double>(cy - half_h),
                static_cast<double>(cx + half_w),
                static_cast<double>(cy + half_h),
                std::max<int64_t>(static_cast<int64_t>(row[1]), 0),
                true};
  object.valid = object.x1 + object.y1 + object.x2 + object.y2 > 0;
  return object;
}

}  // namespace

Objects::Objects(const Targets& targets, double width, double height, int64_t classes, Arithmetic arithmetic) {
  const at::Tensor rows = targets.rows_N6.to(at::kCPU, at::kFloat).contiguous();
  if (rows.dim() != 2 || rows.size(1) != 6)
    fail(Code::InvalidArgument, "targets: expected N rows of 6, found ", rows.sizes());
  first_.assign(static_cast<size_t>(targets.batch) + 1, 0);
  const float* data = rows.data_ptr<float>();
  int64_t previous = 0;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    const float* row = data + i * 6;
    if (!std::all_of(row, row + 6, [](float v) { return std::isfinite(v); })) {
      fail(Code::InvalidArgument, "targets: row ", i, " holds a value that is not finite");
    }
    const auto image = static_cast<int64_t>(row[0]);
    if (image < previous || image >= targets.batch) {
      fail(Code::InvalidArgument, "targets: row ", i, " names image ", image, ", expected ", previous, " to ",
           targets.batch - 1, " in rising order");
    }
    if (row[1] >= static_cast<float>(classes)) {
      fail(Code::InvalidArgument, "targets: row ", i, " is of class ", row[1], ", the model has ", classes, " classes");
    }
    previous = image;
    ++first_[static_cast<size_t>(image) + 1];
    objects_.push_back(arithmetic == Arithmetic::Float32 ? corners<float>(row, width, height)
                                                         : corners<double>(row, width, height));
  }
  for (size_t image = 1; image < first_.size(); ++image) first_[image] += first_[image - 1];
}

std::span<const Object> Objects::of(int64_t image) const {
  const auto begin = static_cast<size_t>(first_of(image)), end = static_cast<size_t>(first_of(image + 1));
  return std::span(objects_).subspan(begin, end - begin);
}

}  // namespace cairn::models
