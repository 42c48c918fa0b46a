#include <cairn/augmentation.h>
#include <cairn/conformance_gtest.h>

TEST(@Name@, BoxesFollowThePicture) {
  const auto turner = cairn::conformance::create<cairn::Augmentation>(CAIRN_PLUGIN_FILE, cairn::Kind::Augmentation, "@name@");
  cairn::Sample sample;
  sample.image = cv::Mat(20, 40, CV_8UC3);
  sample.boxes = {{1, 2, 11, 7, 0, 0, 50}};
  for (uint64_t key = 0; key < 20; ++key) {
    cairn::Rng rng({key});
    const cairn::Sample out = turner->apply(sample, {}, {}, rng);
    EXPECT_FLOAT_EQ(out.boxes[0].width() * out.boxes[0].height(), 50);
  }
}
