// A detector without golden files to be compared with: what most families outside this project begin from.
#pragma once
#include "common/detector.h"

namespace cairn::models {

// Detector, with empty listings.
class PlainDetector : public Detector {
 public:
  using Detector::Detector;
  List layers() const override { return {}; }
  NamedTensors raw(const Tensors&) const override { return {}; }
  NamedTensors predictions(const Tensors&) const override { return {}; }
  Table training_details(const Tensors&, const Targets&) const override { return {}; }
  Table deploy_counts() override { return {}; }
};

}  // namespace cairn::models
