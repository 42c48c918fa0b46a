// Task-aligned assignment (Feng et al., TOOD, ICCV 2021), as YOLOv6, v8, v9 and v10 use it.
#pragma once
#include "common/objects.h"
#include "common/predictions.h"

namespace cairn::models {

// Whose overlap counts when several objects want an anchor: of those that contain it, or of all in the image.
enum class Contenders { Containing, All };

struct TaskAlignedRule {
  int64_t topk = 10;
  double alpha = 0.5, beta = 6.0;  // metric = score^alpha * overlap^beta
  IouRule iou;                     // Iou or Ciou
  double min_side = 0;             // pixels: smaller sides of an object count as this long when candidates are chosen
  Contenders contenders = Contenders::Containing;
  int64_t limit = 0;  // anchors of largest metric that an object has in the end; 0: all that it won
};

struct Positive {
  int64_t image = 0, anchor = 0;
  int64_t object = 0;  // its row in the targets
  double score = 0;    // target score of the object's class
};

struct Assignment {
  std::vector<Positive> positives;  // by image, then anchor; every anchor at most once
  double score_sum = 0;
};

// 1. An anchor whose centre lies inside an object is its candidate; overlap = max(iou(object, prediction), 0).
// 2. An object keeps its topk candidates of largest metric above 0 (equal ones: lower anchor first).
// 3. An anchor kept by several objects goes to the contender with the largest overlap (equal: first), even if that one
// did not keep it.
// 4. With a limit an object gives up the rest of its anchors.
// 5. score = metric * (largest overlap of the object's anchors) / (their largest metric + 1e-9).
// Arithmetic in double. A prediction that is not finite is no candidate. Memory does not grow with images x anchors x
// objects: objects are taken in chunks of at most kMaxPairs candidates, or one object's, of kPairBytes each; beside
// them stand kAnchorBytes for each anchor of the batch and topk pairs for each object.
inline constexpr size_t kMaxPairs = size_t{1} << 20, kPairBytes = 96, kAnchorBytes = 64;
Assignment assign_task_aligned(const TaskAlignedRule& rule, const Grid& grid, const Objects& objects,
                               const SparsePredictions& predictions);

// Anchors whose centre lies inside the box (all four distances > 1e-9 pixels), rising, appended to `anchors`.
void anchors_inside(const Grid& grid, const Corners& box, std::vector<int64_t>& anchors);

}  // namespace cairn::models
