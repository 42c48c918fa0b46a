// Optimal transport assignment in the simplified form of YOLOX (Ge et al., 2021), among candidates of matching shape.
#pragma once
#include "common/anchor_matches.h"
#include "common/layer.h"

namespace cairn::models {

struct OtaRule {
  int64_t top_overlaps = 10;  // whose sum says how many candidates an object takes
  double overlap_weight = 3;  // of -ln(IoU + 1e-8) beside the class cost
};

struct OtaResult {
  AnchorMatches matches;  // candidates, in their order, with the object that took each
  // For tests: per image with objects and candidates, the sums of the best overlaps, object by object.
  std::vector<std::vector<double>> overlap_sums;
};

// `maps` are the lead outputs. Image by image, object by object: beside the candidates' own numbers (5 + classes each,
// twice while they are fetched) at most kMatchBytes for each candidate is held. An object may take a candidate that
// another one brought; a candidate that several want goes to the object to which it is cheapest among all of the image.
// Boxes of objects are measured in heights of the picture, also their widths, as in the published code, which knows
// square pictures only.
OtaResult assign_ota(const OtaRule& rule, const Tensors& maps, const AnchorTable& anchors, const Grid& grid,
                     const AnchorObjects& objects, const AnchorMatches& candidates);

}  // namespace cairn::models
