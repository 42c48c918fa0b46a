#include <cairn/conformance_gtest.h>
#include <cairn/optimizer.h>

TEST(@Name@, StepsAgainstTheSignOfTheGradient) {
  const auto optimizer = cairn::conformance::create<cairn::Optimizer>(
      CAIRN_PLUGIN_FILE, cairn::Kind::Optimizer, "@name@", {{"lr", 0.5}, {"weight_decay", 0.0}});
  cairn::ParamGroups groups(1);
  groups[0].names = {"w"};
  groups[0].params = {at::zeros({2}).requires_grad_(true)};
  groups[0].params[0].mutable_grad() = at::tensor({3.0f, -0.1f});
  optimizer->step(groups, std::vector{optimizer->base_rates()}, {});
  EXPECT_TRUE(at::equal(groups[0].params[0].detach(), at::tensor({-0.5f, 0.5f})));
}
