#include "evaluate/postprocess.h"

#include <ATen/ATen.h>

#include <cairn/error.h>

namespace cairn {

std::vector<Detections> postprocess(const at::Tensor& predictions_BNC, Suppression suppression,
                                    const PostprocessOptions& options) {
  if (predictions_BNC.dim() != 3 || predictions_BNC.size(2) < 5) {
    fail(Code::InvalidArgument,
         "post-processing expects predictions [batch, rows, 4 + classes], found a tensor of shape ",
         predictions_BNC.sizes());
  }
  const at::Tensor host = predictions_BNC.detach().to(at::kCPU, at::kFloat).contiguous();
  const int64_t count = host.size(1), classes = host.size(2) - 4;
  const auto per_image = static_cast<size_t>(count * host.size(2));
  std::vector<Detections> found;
  for (int64_t image = 0; image < host.size(0); ++image) {
    const std::span<const float> rows(host.const_data_ptr<float>() + static_cast<size_t>(image) * per_image, per_image);
    found.push_back(suppression == Suppression::TopK ? top_k_rows(rows, count, classes, options)
                                                     : postprocess_rows(rows, count, classes, options));
  }
  return found;
}

}  // namespace cairn
