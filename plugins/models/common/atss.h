// Adaptive training sample selection (Zhang et al., CVPR 2020), as YOLOv6 uses it in its first epochs.
#pragma once
#include "common/task_aligned.h"

namespace cairn::models {

struct AtssRule {
  int64_t topk = 9;         // candidates per level
  double anchor_cells = 5;  // side of the square around each cell, in strides
};

// 1. Candidates of an object: on every level the topk cells nearest to its centre (equal: lower anchor first; all of a
// level with fewer).
// 2. Of these: those that lie inside it and whose square overlaps it by more than mean + deviation (n - 1) of all its
// candidates' overlaps.
// 3. A cell of several objects goes to the one, of all in the image, with the largest overlap (equal: first).
// 4. score = overlap of the object with the predicted box.
// Arithmetic in double. At most kCandidateBytes for each of the topk candidates that an object has on a level.
inline constexpr size_t kCandidateBytes = 160;
Assignment assign_atss(const AtssRule& rule, const Grid& grid, const Objects& objects,
                       const SparsePredictions& predictions);

}  // namespace cairn::models
