#include "train/environment.h"

#include <ATen/Version.h>
#include <torch/version.h>
#include <fstream>
#include <opencv2/core/version.hpp>

#include "config/fingerprint.h"

namespace cairn {
namespace {

constexpr size_t kShownDigits = 12;  // of a fingerprint

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (const auto colon = line.find(": "); line.starts_with("model name") && colon != std::string::npos)
      return line.substr(colon + 2);
  }
  return "unknown";
}

void add_plugin(Environment& environment, Registry& registry, Kind kind, const std::string& type) {
  const Library& library = registry.library_of(registry.require(kind, type));
  environment[cat("plugin/", name_of(kind), " ", type)] =
      library.descriptor->version + " " + sha256_of_file(library.file);
}

std::string flag_of(const std::string& key) {
  if (key.starts_with("plugin/")) return "plugins";
  if (key == "device" || key == "precision" || key == "threads") return key;
  return "libraries";
}

// "1.0.0 <hash of the file>", of which the beginning tells enough.
std::string shown_plugin(const std::string& version) {
  const size_t space = version.find(' ');
  return space == std::string::npos ? version : version.substr(0, space + 1 + kShownDigits);
}

bool extends_run(const std::string& key) {
  return key == "run.epochs" || key == "run.iterations" || key == "evaluate.patience" || key == "run.time";
}

template <class Add>
void compare(const std::map<std::string, std::string>& was, const std::map<std::string, std::string>& is,
             const Add& add) {
  std::map<std::string, std::string> all = was;
  all.insert(is.begin(), is.end());
  for (const auto& [key, value] : all) {
    const auto before = was.find(key), after = is.find(key);
    const std::string old_value = before == was.end() ? "(absent)" : before->second,
                      new_value = after == is.end() ? "(absent)" : after->second;
    if (old_value != new_value) add(key, old_value, new_value);
  }
}

void save_map(StateWriter& to, const std::string& prefix, const std::map<std::string, std::string>& map) {
  for (const auto& [key, value] : map) to.text(prefix + "/" + key, value);
}

std::map<std::string, std::string> load_map(const StateReader& from, const std::string& prefix) {
  std::map<std::string, std::string> map;
  for (const std::string& key : from.names(prefix)) map[key] = from.text(prefix + "/" + key);
  return map;
}

}  // namespace

Environment describe_environment(const Compute& compute, const Pipeline& pipeline, Registry& registry) {
  Environment environment{{"device", compute.device.is_cuda() ? "cuda" : "cpu"},
                          {"precision", std::string(name_of(compute.precision))},
                          {"threads", std::to_string(compute.threads)},
                          {"torch", TORCH_VERSION},
                          {"opencv", CV_VERSION},
                          {"cpu", cpu_name()},
                          {"cpu_capability", at::get_cpu_capability()}};
  add_plugin(environment, registry, Kind::Dataset, pipeline.dataset.type);
  for (const AugmentationTable& table : pipeline.augmentations)
    add_plugin(environment, registry, Kind::Augmentation, table.type);
  add_plugin(environment, registry, Kind::Model, pipeline.model.type);
  add_plugin(environment, registry, Kind::Optimizer, pipeline.optimizer.type);
  add_plugin(environment, registry, Kind::Scheduler, pipeline.scheduler.type);
  return environment;
}

void RunRecord::save(StateWriter& to) const {
  save_map(to, "environment", environment);
  save_map(to, "numerics", numerics);
  to.text("pipeline", pipeline_toml);
  to.text("dataset/train", train_fingerprint);
  to.text("dataset/val", val_fingerprint);
  to.real("seconds", seconds);
}

void RunRecord::load(const StateReader& from) {
  environment = load_map(from, "environment");
  numerics = load_map(from, "numerics");
  pipeline_toml = from.text("pipeline");
  train_fingerprint = from.text("dataset/train");
  val_fingerprint = from.text("dataset/val");
  seconds = from.real("seconds");
}

std::vector<Difference> differences(const RunRecord& snapshot, const RunRecord& now) {
  std::vector<Difference> found;
  compare(snapshot.environment, now.environment,
          [&](const std::string& key, const std::string& was, const std::string& is) {
            const std::string flag = flag_of(key);
            const bool plugin = flag == "plugins";
            found.push_back({key, plugin ? shown_plugin(was) : was, plugin ? shown_plugin(is) : is, flag});
          });
  compare(snapshot.numerics, now.numerics, [&](const std::string& key, const std::string& was, const std::string& is) {
    if (!extends_run(key)) found.push_back({key, was, is, "pipeline"});
  });
  const auto compare_sets = [&](const std::string& set, const std::string& was, const std::string& is) {
    if (was == is) return;
    found.push_back({cat(set, " (pictures, labels, names of classes)"), was.substr(0, kShownDigits),
                     is.substr(0, kShownDigits), "dataset"});
  };
  compare_sets("training set", snapshot.train_fingerprint, now.train_fingerprint);
  compare_sets("validation set", snapshot.val_fingerprint, now.val_fingerprint);
  return found;
}

void check_differences(const std::vector<Difference>& found, const std::set<std::string>& allowed, Logger& log) {
  Error refusal(Code::FailedPrecondition, "the run would not continue bit by bit; nothing was changed");
  bool refuse = false;
  for (const Difference& difference : found) {
    const std::string text = cat(difference.what, ": the snapshot has ", difference.was, ", now it is ", difference.is);
    if (allowed.contains(difference.flag)) {
      log.warn("no longer exact: ", text);
    } else {
      refusal.note(cat(text, "   (--allow ", difference.flag, ")"));
      refuse = true;
    }
  }
  if (refuse) throw refusal;
}

}  // namespace cairn
