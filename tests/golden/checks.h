// What is compared with a golden file.
#pragma once
#include "golden/report.h"
#include "golden/subject.h"

namespace cairn::golden {

void check_structure(Subject& subject, const nlohmann::json& file, Report& report);   // layers, state, counts
void check_evaluation(Subject& subject, const nlohmann::json& file, Report& report);  // eval and deploy

// One training pass from fresh weights: raw outputs, loss, assignment, gradients, buffers. `block` is "train" or
// "train_atss"; in double precision where the file has it.
void check_training(Subject& subject, const nlohmann::json& file, const std::string& block, Report& report);

// Every case of a file with `cases`: the loss on given outputs.
void check_loss_cases(Registry& registry, const nlohmann::json& file, Report& report);

// Everything, for one file. Problems while loading become failed checks.
void check_file(Registry& registry, const std::string& path, Report& report);

}  // namespace cairn::golden
