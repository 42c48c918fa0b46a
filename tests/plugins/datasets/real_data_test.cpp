// The larger sets, where CAIRN_TEST_DATA says where they lie: the same counts from every format.
#include <cstdlib>

#include <gtest/gtest.h>

#include <cairn/dataset.h>

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

int64_t boxes_of(const Dataset& set) {
  int64_t boxes = 0;
  for (int64_t i = 0; i < set.size(); ++i) boxes += static_cast<int64_t>(set.at(i).boxes.size());
  return boxes;
}

TEST(RealData, BloodCellsAreReadAlikeFromAllThreeFormats) {
  const char* root = std::getenv("CAIRN_TEST_DATA");
  if (root == nullptr) GTEST_SKIP() << "CAIRN_TEST_DATA is not set";
  const test::TempFolder cache;
  setenv("CAIRN_CACHE_DIR", cache.path().c_str(), 1);
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  context.base_directory = std::filesystem::path(root) / "bccd";
  const List images = {"../images/train", "../images/val"};
  const std::pair<const char*, Table> sets[] = {
      {"yolo", {{"path", "data.yaml"}}}, {"coco", {{"path", "."}}}, {"voc", {{"path", "voc"}, {"images", images}}}};
  for (const auto& [type, params] : sets) {
    context.split = Split::Train;
    const auto train = registry.create<Dataset>(type, params, context);
    context.split = Split::Val;
    const auto val = registry.create<Dataset>(type, params, context);
    EXPECT_TRUE(train->problems().empty() && val->problems().empty()) << type;
    EXPECT_EQ(train->classes(), (ClassNames{"Platelets", "RBC", "WBC"})) << type;
    EXPECT_EQ(train->size(), 205) << type;
    EXPECT_EQ(boxes_of(*train), 2804) << type;
    EXPECT_EQ(val->size(), 86) << type;
    EXPECT_EQ(boxes_of(*val), 1107) << type;
  }
  unsetenv("CAIRN_CACHE_DIR");
}

}  // namespace
}  // namespace cairn
