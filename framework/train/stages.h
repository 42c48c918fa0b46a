// Everything that a run consists of, made from a pipeline, in the order in which data meets it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <cairn/dataset.h>
#include <cairn/model.h>
#include <cairn/optimizer.h>
#include <cairn/scheduler.h>

#include "augmentation/chain.h"
#include "config/pipeline.h"
#include "dataset/source.h"
#include "optimizer/ema.h"
#include "optimizer/grad_scaler.h"
#include "plugin/registry.h"
#include "train/device.h"

namespace cairn {

// One split of the data with what turns an index into a sample.
struct DataStage {
  std::unique_ptr<Dataset> dataset;
  std::unique_ptr<Source> source;
  std::unique_ptr<Chain> chain;
};

// What messages call the plugins: "model yolov8".
struct StageNames {
  std::string model, optimizer, scheduler;
};

struct Stages {
  DataStage train, val;
  std::unique_ptr<Model> model;
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<Scheduler> scheduler;
  ParamGroups groups;
  std::unique_ptr<Ema> ema;    // null when the pipeline switches it off
  GradScaler scaler;           // used for fp16 only
  double gradient_factor = 1;  // what clipping multiplied the newest step's gradients by
  Plan plan;
  StageNames names;
};

// What all makers need. Borrowed.
struct StageContext {
  const Pipeline& pipeline;
  Registry& registry;
  Logger& log;
  const Compute& compute;
  std::filesystem::path run_folder;
};

// Every problem of a set as a log line; Refuse among them is InvalidArgument that says how many and how to list them.
void check_problems(const Dataset& dataset, std::string_view split, Logger& log);

DataStage make_data(const StageContext& context, Split split);
// Onto the device, and the weights of convolutions into the memory format in which they are computed.
void place(Model& model, const Compute& compute, bool channels_last);
std::unique_ptr<Model> make_model(const StageContext& context, const ClassNames& classes, const Plan& plan);
// All but the average, which begins as a copy of the weights that the run begins with.
Stages make_stages(const StageContext& context);
std::unique_ptr<Ema> make_ema(const TrainTable& table, Model& model);  // null when the pipeline switches it off

}  // namespace cairn
