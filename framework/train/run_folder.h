// What people look at: the files of a run.
#pragma once
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include <cairn/file.h>

#include "dataset/loader.h"
#include "optimizer/ema.h"
#include "train/history.h"
#include "train/run_state.h"
#include "train/validation.h"

namespace cairn {

// [train thread] A picture that cannot be written is a warning; weights that cannot be written are an error, unless the
// disk is full: then training goes on, since the snapshots have them.
class RunFolder {
 public:
  RunFolder(std::filesystem::path path, FileSystem& files, Logger& log);
  // What the weight files say about the model: "family", "variant", "classes", "image_size".
  void describe_weights(std::map<std::string, std::string> about) { about_ = std::move(about); }
  const std::filesystem::path& path() const { return path_; }
  void write_pipeline(const std::string& toml);
  void write_labels(const Dataset& dataset);                                            // labels.jpg
  void write_train_batch(int64_t number, const Batch& batch, const ClassNames& names);  // train_batch<number>.jpg
  void write_evaluation(const EvaluationResult& result, std::span<const SeenBatch> seen);
  void write_results(const History& history);  // results.png
  // weights/<name>.safetensors: the averaged weights, with what is needed to use them alone as metadata.
  void write_weights(const std::string& name, const NamedTensors& entries, const RunState& state);

 private:
  template <class Function>
  void picture(const std::string& name, const Function& write);
  std::filesystem::path path_;
  FileSystem& files_;
  Logger& log_;
  std::map<std::string, std::string> about_;
};

}  // namespace cairn
