#include "train/branch_report.h"

#include <algorithm>
#include <set>

#include <cairn/error.h>

namespace cairn {
namespace {

// What a state consists of, and the beginnings of the keys that change it.
struct Part {
  std::string name;
  std::vector<std::string> keys;
};

const std::vector<Part>& parts() {
  static const std::vector<Part> all{
      {"weights, buffers and their average at the beginning", {"model.", "train.ema"}},
      {"the optimizer's state at the beginning", {"optimizer.type", "model."}},
      {"counters: epoch, iteration, step, best so far", {"dataset.batch_size"}},
      {"order and randomness of the samples", {"run.seed", "dataset.", "augmentation.", "train.multi_scale"}},
      {"learning rates and momentum",
       {"run.epochs", "run.iterations", "optimizer.", "scheduler.", "dataset.batch_size", "train.nominal_batch"}},
      {"loss and steps", {"model.", "train.", "optimizer.type", "run.precision", "run.determinism"}},
      {"how it is evaluated, and when it ends", {"evaluate.", "run.epochs", "run.iterations"}},
  };
  return all;
}

bool touches(const Part& part, const std::string& key) {
  return std::any_of(part.keys.begin(), part.keys.end(),
                     [&](const std::string& begin) { return key.starts_with(begin); });
}

std::string value_in(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? "(absent)" : found->second;
}

}  // namespace

BranchReport branch_report(const std::map<std::string, std::string>& was,
                           const std::map<std::string, std::string>& is) {
  std::map<std::string, std::string> all = was;
  all.insert(is.begin(), is.end());
  BranchReport report;
  std::set<std::string> touched;
  for (const auto& [key, value] : all) {
    const std::string before = value_in(was, key), after = value_in(is, key);
    if (before == after) continue;
    std::string changes;
    for (const Part& part : parts()) {
      if (!touches(part, key)) continue;
      touched.insert(part.name);
      changes += (changes.empty() ? "; changes " : ", ") + part.name;
    }
    report.changed.push_back(cat(key, ": ", before, " -> ", after, changes));
  }
  for (const Part& part : parts()) {
    if (!touched.contains(part.name)) report.exact.push_back(part.name);
  }
  return report;
}

}  // namespace cairn
