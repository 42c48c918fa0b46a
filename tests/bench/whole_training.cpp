#include "bench/whole_training.h"

#include <ATen/Functions.h>

#include <cairn/log.h>

#include "bench/stopwatch.h"

namespace cairn::bench {

WholeTraining::WholeTraining(Rig& rig)
    : rig_(rig),
      monitors_(null_logger()),
      iteration_(rig.pipeline().train, rig.compute(), rig.stages(), state_),
      loader_(make_train_loader(rig.context(), rig.stages())) {
  state_.at.plan = rig.stages().plan;
  Context context;
  context.log = &null_logger();
  context.run_directory = rig.run_folder();
  context.plan = rig.stages().plan;
  for (const char* type : {"console", "journal"})
    monitors_.add(type, rig.registry().create<Monitor>(type, {}, context));
  monitors_.event(Event::Type::Started, state_.at, "bench");
}

void WholeTraining::iterate() {
  if (state_.epoch_done()) state_.begin_epoch();
  if (state_.at.position == 0) monitors_.event(Event::Type::EpochStarted, state_.at);
  const Stopwatch all;
  const Batch batch = loader_->next();
  const double waited = all.spent().wall;
  const IterationReport report = iteration_.run(batch);
  const double computed = all.spent().wall;
  recorder_.iteration(report, rig_.stages().groups, state_, batch.images_BCHW.size(0), computed);
  if (state_.epoch_done()) recorder_.epoch(state_, report, rig_.stages().groups);
  where_.waiting += waited;
  where_.computing += computed - waited;
  where_.recording += all.spent().wall - computed;
  if (!newest_.defined()) newest_ = batch.images_BCHW.clone();
}

}  // namespace cairn::bench
