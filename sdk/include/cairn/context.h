// What the host hands to a plugin that it creates.
#pragma once
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include <cairn/log.h>
#include <cairn/progress.h>

namespace cairn {

class FileSystem;  // cairn/file.h

enum class Split { Train, Val };
using ClassNames = std::vector<std::string>;

// [setup] Borrowed services outlive the plugin object. Fields that make no sense for a kind keep their defaults.
struct Context {
  Logger* log = &null_logger();
  FileSystem* files = nullptr;           // durable writes go through it; null means the real one
  std::filesystem::path base_directory;  // relative paths in the plugin's table start here
  std::filesystem::path run_directory;   // monitors write below it
  uint64_t seed = 0;
  std::string device = "cpu";  // "cpu", "cuda:0"
  Split split = Split::Train;  // datasets
  ClassNames classes;          // models, augmentations
  int64_t image_size = 640;    // models, augmentations
  Plan plan;                   // schedulers, models
  Rates base_rates;            // schedulers: what the optimizer's table asks for; weight_decay is scaled already
  const std::atomic<bool>* stop = nullptr;  // set when the run shall end; long set-up work looks at it
};

}  // namespace cairn
