// Optional ability of a model, "cairn.dataset_statistics/1": it adapts to the sizes of the objects that it will be
// trained on, for example by choosing anchors. What it decides becomes part of its state, so that a resumed run does
// not ask again.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include <cairn/error.h>

namespace cairn {

inline constexpr std::string_view kDatasetStatisticsExtension = "cairn.dataset_statistics/1";

// In pixels of a picture whose longer side has been brought to Context::image_size. [value]
struct BoxSize {
  int64_t image = 0;  // position of its picture in the training set
  double width = 0, height = 0;
};

// [setup] Model::extension(kDatasetStatisticsExtension) points to one, owned by the model. Null when it has no use for
// them.
class CAIRN_API DatasetStatistics {
 public:
  virtual ~DatasetStatistics() = default;
  // All boxes of the training set, grouped by picture in rising order; not augmented. Called for a run that begins,
  // after weights were read and before the first iteration; not for one that is resumed. Deterministic from
  // Context::seed.
  virtual void take_box_sizes(std::span<const BoxSize> boxes) = 0;
};

}  // namespace cairn
