#include <cairn/conformance_gtest.h>
#include <cairn/model.h>

TEST(@Name@, PredictsOnThreeLevels) {
  cairn::Context context;
  context.classes = {"circle", "square"};
  const auto model =
      cairn::conformance::create<cairn::Model>(CAIRN_PLUGIN_FILE, cairn::Kind::Model, "@name@", {}, context);
  const at::Tensor found = model->decode(model->forward(at::zeros({1, 3, 64, 64})));
  EXPECT_EQ(found.sizes(), (std::vector<int64_t>{1, 8 * 8 + 4 * 4 + 2 * 2, 4 + 2}));
}
