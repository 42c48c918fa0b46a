// What the anchor-based families have in common beside their networks.
#pragma once
#include <cairn/dataset_statistics.h>

#include "common/anchor_params.h"
#include "common/auto_anchor.h"
#include "common/detector.h"
#include "common/weights.h"

namespace cairn::models {

// A detector whose head holds its anchors as state. The state decides: what was loaded or chosen there is what decodes
// and learns.
class AnchorDetector : public Detector, public DatasetStatistics {
 public:
  void* extension(std::string_view id) override;
  // Chooses anchors anew when those of the head fit badly; says so in the log. Anchors that the pipeline gives are put
  // back, whatever a weight file held.
  void take_box_sizes(std::span<const BoxSize> boxes) override;
  int64_t max_stride() const override { return static_cast<int64_t>(strides_.back()); }
  NamedTensors raw(const Tensors& outputs) const override;

 protected:
  using Detector::Detector;
  // Called by the constructor of a family. `published`: the variant's own anchors, unless the parameters give others.
  void set_anchor_rule(const AnchorParams& params, const AutoAnchorRule& rule, const AnchorTable& published,
                       const std::vector<double>& strides);
  // The head's state, [L, A, 2] in units of the strides.
  virtual at::Tensor anchors_LA2() const = 0;
  virtual void set_anchors(const AnchorTable& anchors) = 0;

  const AnchorTable& first_anchors() const { return first_anchors_; }
  AnchorTable current_anchors() const { return from_tensor(anchors_LA2(), strides_); }
  int64_t anchors_per_cell() const { return static_cast<int64_t>(first_anchors_[0].size()); }
  int64_t outputs_per_cell() const { return anchors_per_cell() * (5 + classes()); }
  const std::vector<double>& strides() const { return strides_; }
  // With gains; `total` with the batch size too.
  LossTerms loss_of(const AnchorTerms& sums, const AnchorLossRule& rule, int64_t batch) const;
  // The head's arguments for a listing: classes, anchors (per level [width, height, width, ...] in pixels), widths.
  List listed_arguments(const std::vector<int64_t>& widths) const;

 private:
  AutoAnchorRule auto_anchor_;
  bool adapts_ = false, given_ = false;
  AnchorTable first_anchors_;
  std::vector<double> strides_;
};

// `train.loss_parts` and `train.assigned` of a golden file, from what a loss computed.
struct AnchorDescription {
  List obj, obj_target_sum, obj_target_nonzero, box, cls;
  void add(const AnchorLevelTerms& level);
  Table table() &&;
};
// Per level the rows [image, anchor, row, column, last], `last` the label or the object of each.
enum class Told { Label, Object };
List describe(const AnchorMatches& matches, const AnchorObjects& objects, Told last);

}  // namespace cairn::models
