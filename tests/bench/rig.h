// The run that is measured: YOLOv8n unless another is named, 320 px, batch 16, mosaic, affine warp and colours,
// pictures in memory.
#pragma once
#include <filesystem>
#include <string>

#include "config/load.h"
#include "plugin/registry.h"
#include "support/files.h"
#include "train/device.h"
#include "train/stages.h"

namespace cairn::bench {

constexpr int64_t kBatch = 16, kSide = 320;

// The smallest variant of every family, and the largest share of an iteration that its loss may take.
struct Smallest {
  const char* name;
  const char* model;  // keys of its table
  double loss_share;
};
inline constexpr Smallest kSmallest[] = {
    {"yolov5n", "type = \"yolov5\"\nvariant = \"n\"", 0.08},
    {"yolov6n", "type = \"yolov6\"\nvariant = \"n\"", 0.08},
    {"yolov7_tiny", "type = \"yolov7\"\nvariant = \"tiny\"", 0.15},
    {"yolov8n", "type = \"yolov8\"\nvariant = \"n\"", 0.08},
    {"yolov9t", "type = \"yolov9\"\nvariant = \"t\"", 0.08},
    {"yolov10n", "type = \"yolov10\"\nvariant = \"n\"", 0.08},
};

// A pipeline file below `folder`, where the run writes too. An optimizer step is due in every iteration.
struct RigOptions {
  std::string precision = "fp32";
  int64_t iterations = 1'000'000;
  std::string more;  // further tables
  std::string scheduler = "linear";
  std::string model = "type = \"yolov8\"\nvariant = \"n\"";  // keys of its table
};
std::filesystem::path write_pipeline(const std::filesystem::path& folder, const RigOptions& options);

// Everything that the run consists of but its snapshots. Threads and determinism of the process are set as `cairn
// train` sets them.
class Rig {
 public:
  explicit Rig(const RigOptions& options);
  const Pipeline& pipeline() const { return config_.pipeline; }
  const StageContext& context() const { return context_; }
  Registry& registry() { return registry_; }
  const Compute& compute() const { return compute_; }
  Stages& stages() { return stages_; }
  std::filesystem::path run_folder() const { return folder_ / "bench"; }
  void fill_cache() const;  // reads every training picture

 private:
  LoadResult load(const RigOptions& options);

  test::TempFolder folder_;
  Registry registry_;
  LoadResult config_;
  Compute compute_;
  StageContext context_;
  Stages stages_;
};

}  // namespace cairn::bench
