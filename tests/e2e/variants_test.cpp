// Pipelines of several kinds, each killed and resumed.
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

struct Variant {
  const char* name;
  std::vector<std::string> tables;  // of the pipeline file
  std::vector<std::string> sets;
  std::string model = kTinyModel;
};

void PrintTo(const Variant& variant, std::ostream* to) {
  *to << variant.name;
}

class Variants : public ::testing::TestWithParam<Variant> {};

TEST_P(Variants, EndEqualAfterAKill) {
  const TinyRun tiny(GetParam().tables, GetParam().model);
  std::vector<std::string> more{"--set", "run.epochs=2"};
  for (const std::string& set : GetParam().sets) more.insert(more.end(), {"--set", set});
  const Ended straight = run_cairn(tiny.folder(), tiny.train("straight", more));
  ASSERT_EQ(straight.exit_code, 0) << straight.errors;
  {
    CairnProcess process(tiny.folder(), tiny.train("killed", more));
    process.wait_until([&] { return tiny.iterations_done("killed") >= 4; });
    process.signal(SIGKILL);
    process.wait();
  }
  const Ended end = run_cairn(tiny.folder(), tiny.train("killed", more));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(tiny.digest("killed"), tiny.digest("straight"));
  EXPECT_EQ(tiny.journal("killed"), tiny.journal("straight"));
}

const Variant kVariants[] = {
    {"MosaicMultiScale",
     {"[[augmentation]]\ntype = \"mosaic\"\nlast_epochs_off = 1\n[[augmentation]]\ntype = \"random_perspective\"\n"
      "[[augmentation]]\ntype = \"mixup\"\nprobability = 0.5\n[[augmentation]]\ntype = \"hsv\"\n[[augmentation]]\ntype "
      "= \"flip\""},
     {"train.multi_scale=0.5", "scheduler.type=cosine", "dataset.workers=2"}},
    {"RectPlanar",
     {},
     {"dataset.rect=true", "train.channels_last=false", "scheduler.type=exponential", "train.ema=false"}},
};

INSTANTIATE_TEST_SUITE_P(Kinds, Variants, ::testing::ValuesIn(kVariants),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cairn::test
