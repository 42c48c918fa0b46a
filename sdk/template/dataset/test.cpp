#include <cairn/conformance_gtest.h>
#include <cairn/dataset.h>

TEST(@Name@, ReadsEveryObject) {
  cairn::Context context;
  context.base_directory = CAIRN_PLUGIN_SOURCE_DIR;
  const auto set = cairn::conformance::create<cairn::Dataset>(
      CAIRN_PLUGIN_FILE, cairn::Kind::Dataset, "@name@", {{"labels", "labels.csv"}, {"pictures", "pictures"}}, context);
  ASSERT_EQ(set->size(), 8);
  EXPECT_EQ(set->at(0).boxes.size(), 19u);
  EXPECT_EQ(set->classes().size(), 3u);
}
