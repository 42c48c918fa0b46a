#include <cairn/conformance_gtest.h>
#include <cairn/scheduler.h>

TEST(@Name@, FallsToTheFinalRatio) {
  cairn::Context context;
  context.base_rates.lr = 0.1;
  const auto scheduler = cairn::conformance::create<cairn::Scheduler>(
      CAIRN_PLUGIN_FILE, cairn::Kind::Scheduler, "@name@", {{"final_ratio", 0.5}}, context);
  cairn::Progress at;
  at.plan.epochs = at.plan.iterations_per_epoch = 100;
  at.iteration = at.plan.iterations();
  EXPECT_NEAR(scheduler->rates(at, cairn::GroupKind::Decay).lr, 0.05, 1e-9);
}
