// A pipeline as the rest of cairn sees it: one struct per table of the file, checked and complete.
// Member initialisers are the defaults that the file, the presets and `cairn config show` speak of. All types are
// values.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/value.h>

namespace cairn {

enum class Precision { Fp32, Bf16, Fp16, Auto };
enum class Determinism { Exact, Fast };
enum class Cache { None, Ram, Disk };
enum class ResizeRule { Ceil, Truncate };   // the short side on load: rounded up, or cut
enum class EpochGradients { Zero, Carry };  // what an epoch does with gradients that no step has used yet
enum class NonFinite { Stop, Skip, Rollback };
enum class FastApRule { Yolov5, Yolov7, Ultralytics84 };
enum class BestMode { Max, Min };

std::string_view name_of(Precision value);  // "fp32", ...: as the file writes it
std::string_view name_of(Determinism value);
std::string_view name_of(Cache value);
std::string_view name_of(ResizeRule value);
std::string_view name_of(EpochGradients value);
std::string_view name_of(NonFinite value);
std::string_view name_of(FastApRule value);
std::string_view name_of(BestMode value);

// When something happens again: "1 epoch", "500 iterations", "100 steps", "10 min", "auto".
struct Trigger {
  enum class Kind { Epochs, Iterations, Steps, Time, Auto } kind = Kind::Epochs;
  int64_t count = 1;   // of epochs, iterations or steps; at least 1
  double seconds = 0;  // of Time
  bool operator==(const Trigger&) const = default;
};
std::string to_text(const Trigger& trigger);

struct RunTable {
  std::string name;  // never empty after loading: the file's stem
  int64_t seed = 0;
  int64_t epochs = 100;               // 0 when iterations is set
  std::optional<int64_t> iterations;  // length of the run instead of epochs
  std::optional<double> time_seconds;
  std::string device = "auto";
  Precision precision = Precision::Auto;
  Determinism determinism = Determinism::Exact;
  int64_t threads = 0;  // 0: auto
  std::filesystem::path directory = "runs";
  bool operator==(const RunTable&) const = default;
};

struct PluginsTable {
  std::vector<std::filesystem::path> path;
  bool operator==(const PluginsTable&) const = default;
};

// A plugin's id and every one of its parameters: validated, units read, paths absolute, defaults filled in.
struct PluginTable {
  std::string type;
  Table params;
  std::string location;  // where `type` was written, for messages; never compared
  bool operator==(const PluginTable& other) const { return type == other.type && params == other.params; }
};

struct DatasetTable : PluginTable {
  int64_t image_size = 640;
  int64_t batch_size = 16;
  int64_t workers = -1;  // -1: auto, 0: the training thread reads
  Cache cache = Cache::None;
  bool rect = false;
  ResizeRule resize_rule = ResizeRule::Ceil;
  bool operator==(const DatasetTable&) const = default;
};

struct AugmentationTable : PluginTable {
  double probability = 1.0;
  int64_t last_epochs_off = 0;
  std::string only_after;  // type of an earlier augmentation, or empty
  bool operator==(const AugmentationTable&) const = default;
};

struct ModelTable : PluginTable {
  std::string preset = "published";
  std::string weights;              // a file (then absolute), "snapshot://RUN[@N]", or empty
  std::vector<std::string> freeze;  // beginnings of parameter names
  bool operator==(const ModelTable&) const = default;
};

struct OptimizerTable : PluginTable {
  bool operator==(const OptimizerTable&) const = default;
};
struct SchedulerTable : PluginTable {
  bool operator==(const SchedulerTable&) const = default;
};

struct TrainTable {
  int64_t nominal_batch = 64;
  double clip_norm = 10.0;  // 0: none
  bool ema = true;
  double ema_decay = 0.9999;
  double ema_tau = 2000.0;  // in updates
  double multi_scale = 0.0;
  EpochGradients gradients_at_epoch_start = EpochGradients::Carry;
  bool channels_last = true;
  NonFinite nonfinite = NonFinite::Stop;
  int64_t max_nonfinite = 10;  // in a row, before Skip stops too
  int64_t max_rollbacks = 3;   // of a run, before Rollback stops too
  double rollback_lr = 0.5;    // factor of every learning rate after each of them
  bool operator==(const TrainTable&) const = default;
};

struct FitnessTable {
  double map50 = 0.0;
  double map50_95 = 1.0;
  bool operator==(const FitnessTable&) const = default;
};

struct EvaluateTable {
  Trigger every;         // epochs, iterations or steps; never time
  int64_t patience = 0;  // evaluations without a better fitness; 0: off
  double conf = 0.001;
  double iou = 0.7;
  int64_t max_det = 300;
  FastApRule fast_ap = FastApRule::Ultralytics84;
  FitnessTable fitness;
  bool rect = true;
  bool pictures = true;
  bool operator==(const EvaluateTable&) const = default;
};

struct BestTable {
  std::string metric;
  BestMode mode = BestMode::Max;
  int64_t count = 1;
  bool operator==(const BestTable&) const = default;
};

struct KeepTable {
  int64_t last = 3;
  std::optional<BestTable> best;
  int64_t hourly = 0;
  int64_t daily = 0;
  int64_t weekly = 0;
  int64_t every_epochs = 0;
  int64_t every_iterations = 0;
  double within_seconds = 0;
  bool tagged = true;
  int64_t max_bytes = 0;  // 0: no limit
  bool operator==(const KeepTable&) const = default;
};

struct BackendTable : PluginTable {
  bool required = true;
  int64_t max_rate = 0;         // bytes a second; 0: no limit
  double retry_seconds = 0;     // for which what a store could not answer is tried again
  std::filesystem::path cache;  // folder; empty: nothing is kept
  int64_t cache_bytes = int64_t{8} << 30;
  std::optional<KeepTable> keep;  // of a mirror; without, it keeps everything
  bool operator==(const BackendTable&) const = default;
};

// Where the key of sealed stores comes from: one of these. Never the key itself.
struct KeyTable {
  std::filesystem::path file;
  std::vector<std::string> command;
  std::string passphrase_env;
  std::filesystem::path passphrase_file;
  bool operator==(const KeyTable&) const = default;
};

struct CheckpointTable {
  std::vector<Trigger> every = {{Trigger::Kind::Epochs, 1, 0}, {Trigger::Kind::Time, 1, 600}};  // each works on its own
  double max_overhead = 0.005;  // of the run's time, for "auto"
  double drain_seconds = 25;    // that an interrupted run gives its mirrors
  bool seal = false;            // stores that are made are sealed
  std::filesystem::path sign;   // key file; empty: snapshots are not signed
  std::filesystem::path trust;  // file of signers; empty: everybody
  KeyTable key;
  KeepTable keep;
  std::vector<BackendTable> backends;  // the first acknowledges, the others are mirrors
  bool operator==(const CheckpointTable&) const = default;
};

struct MonitorTable : PluginTable {
  bool operator==(const MonitorTable&) const = default;
};

struct Pipeline {
  RunTable run;
  PluginsTable plugins;
  DatasetTable dataset;
  std::vector<AugmentationTable> augmentations;
  ModelTable model;
  OptimizerTable optimizer;
  SchedulerTable scheduler;
  TrainTable train;
  EvaluateTable evaluate;
  CheckpointTable checkpoint;
  std::vector<MonitorTable> monitors;
  bool operator==(const Pipeline&) const = default;
};

}  // namespace cairn
