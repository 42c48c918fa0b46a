// Which samples make up which batch.
#pragma once
#include <memory>

#include "dataset/loader.h"
#include "dataset/rect.h"
#include "train/stages.h"

namespace cairn {

// The training batches of all epochs, in order. Borrows the stages.
std::unique_ptr<Loader> make_train_loader(const StageContext& context, const Stages& stages);
// One pass over the validation set; rectangular when the pipeline says so. `plan` must outlive it.
std::unique_ptr<Loader> make_val_loader(const StageContext& context, const DataStage& val, int64_t stride,
                                        const RectPlan& plan);
RectPlan val_plan(const EvaluateTable& evaluate, const DatasetTable& dataset, const Source& source, int64_t stride);

}  // namespace cairn
