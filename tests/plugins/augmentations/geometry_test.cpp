// letterbox, random_perspective, mosaic and flip: what happens to pixels, labels and the mapping to the file.
#include <cmath>

#include "samples.h"

namespace cairn::test {
namespace {

const cv::Vec3b kGreyPixel(114, 114, 114);

Sample run(const std::string& type, const Table& params, const Sample& sample, const AugmentContext& context,
           uint64_t key = 1) {
  return applied(*make_stage(type, params), sample, {}, context, Rng{key});
}

Sample with_box(cv::Size size, Box box) {
  Sample sample = made_up_sample(size, 0, 3);
  sample.boxes = {box};
  return sample;
}

TEST(Letterbox, EnlargesInTrainingOnly) {
  const Sample small = with_box({40, 20}, {10, 5, 30, 15, 0, 0, 200});
  const Sample train = run("letterbox", {}, small, context_of({80, 80}));
  EXPECT_EQ(train.image.size(), cv::Size(80, 80));
  EXPECT_EQ(train.boxes[0].x1, 20);
  EXPECT_EQ(train.boxes[0].y1, 30);  // 2 * 5 and a margin of 20
  EXPECT_EQ(train.boxes[0].area, 800);
  EXPECT_EQ(train.image.at<cv::Vec3b>(19, 0), kGreyPixel);

  const Sample val = run("letterbox", {}, small, context_of({80, 80}, Phase::Val));
  EXPECT_EQ(val.image.size(), cv::Size(80, 80));
  EXPECT_TRUE(same_pixels(val.image(cv::Rect(20, 30, 40, 20)), small.image));
  EXPECT_EQ(val.boxes[0].x1, 30);
  EXPECT_EQ(val.boxes[0].y1, 35);
}

TEST(Letterbox, MappingLeadsBackToTheFile) {
  Sample sample = with_box({333, 500}, {11, 22, 300, 400, 0, 0, 0});
  sample.mapping = {666, 1000, 0.5, 0.5, 0, 0};  // as a loader leaves it that brought the long side to 500
  const Sample out = run("letterbox", {}, sample, context_of({256, 320}));
  const Mapping& m = out.mapping;
  EXPECT_NEAR((out.boxes[0].x1 - m.pad_left) / m.scale_x, 22, 1e-3);
  EXPECT_NEAR((out.boxes[0].y1 - m.pad_top) / m.scale_y, 44, 1e-3);
  EXPECT_NEAR((out.boxes[0].x2 - m.pad_left) / m.scale_x, 600, 1e-3);
  EXPECT_NEAR((out.boxes[0].y2 - m.pad_top) / m.scale_y, 800, 1e-3);
}

TEST(Letterbox, WithoutALoaderThePictureIsTheFile) {
  const Sample out = run("letterbox", {}, made_up_sample({50, 100}, 0, 1), context_of({100, 100}));
  EXPECT_EQ(out.mapping.file_width, 50);
  EXPECT_EQ(out.mapping.file_height, 100);
  EXPECT_EQ(out.mapping.pad_left, 25);
}

TEST(Letterbox, LeavesAFittingPictureAlone) {
  const Sample sample = made_up_sample({96, 64}, 4, 1);
  const Sample out = run("letterbox", {}, sample, context_of({96, 64}));
  EXPECT_EQ(out.image.data, sample.image.data);
  EXPECT_EQ(out.boxes[1].x1, sample.boxes[1].x1);
}

TEST(Letterbox, MinimumPaddingStopsAtTheStride) {
  const Sample out =
      run("letterbox", {{"minimum_padding", true}}, made_up_sample({640, 360}, 0, 1), context_of({640, 640}));
  EXPECT_EQ(out.image.size(), cv::Size(640, 384));
}

const Table kNoMotion = {{"translate", 0.0}, {"scale", 0.0}};

TEST(RandomPerspective, WithoutMotionKeepsAnOutputSizedPicture) {
  const Sample sample = made_up_sample({96, 64}, 4, 1);
  const Sample out = run("random_perspective", kNoMotion, sample, context_of({96, 64}));
  EXPECT_EQ(out.image.data, sample.image.data);
  EXPECT_EQ(out.boxes.size(), sample.boxes.size());
}

TEST(RandomPerspective, WithoutMotionCutsTheMiddleOfACanvas) {
  const Sample canvas = with_box({192, 128}, {60, 40, 90, 60, 5, 0, 0});
  const Sample out = run("random_perspective", kNoMotion, canvas, context_of({96, 64}));
  EXPECT_TRUE(same_pixels(out.image, canvas.image(cv::Rect(48, 32, 96, 64))));
  ASSERT_EQ(out.boxes.size(), 1u);
  EXPECT_EQ(out.boxes[0].x1, 12);
  EXPECT_EQ(out.boxes[0].y1, 8);
  EXPECT_EQ(out.boxes[0].class_id, 5);
}

TEST(RandomPerspective, LetterboxesFirstWhenThereWasNoMosaic) {
  const AugmentContext context = context_of({96, 96});
  Sample sample = made_up_sample({192, 192}, 4, 1);
  sample.mapping = {192, 192, 1, 1, 0, 0};  // one file: not a canvas, in spite of its size
  for (const cv::Size size : {cv::Size(50, 30), cv::Size(200, 70), cv::Size(96, 40), cv::Size(192, 192)}) {
    if (size.width != 192) sample = made_up_sample(size, 4, 1);
    const Sample direct = run("random_perspective", {{"degrees", 20.0}}, sample, context, 5);
    const Sample boxed =
        run("random_perspective", {{"degrees", 20.0}}, run("letterbox", {}, sample, context), context, 5);
    EXPECT_TRUE(same_pixels(direct.image, boxed.image)) << size;
    ASSERT_EQ(direct.boxes.size(), boxed.boxes.size());
  }
}

TEST(RandomPerspective, PixelsMoveWithTheirBoxes) {
  const Table params = {{"degrees", 30.0}, {"shear", 8.0}, {"scale", 0.3}, {"perspective", 0.0005}};
  Sample canvas;
  canvas.image = cv::Mat(400, 400, CV_8UC3, cv::Scalar(0, 0, 0));
  canvas.image(cv::Rect(180, 190, 40, 30)).setTo(cv::Scalar(255, 255, 255));
  canvas.boxes = {{180, 190, 220, 220, 0, 0, 0}};
  int seen = 0;
  for (uint64_t key = 0; key < 30; ++key) {
    const Sample out = run("random_perspective", params, canvas, context_of({200, 200}), key);
    if (out.boxes.empty()) continue;
    cv::Mat white, found;
    cv::inRange(out.image, cv::Scalar(128, 128, 128), cv::Scalar(255, 255, 255), white);
    cv::findNonZero(white, found);
    Box box{1e9f, 1e9f, -1, -1, 0, 0, 0};
    for (int i = 0; i < static_cast<int>(found.total()); ++i) {
      const cv::Point p = found.at<cv::Point>(i);
      box = {std::min(box.x1, static_cast<float>(p.x)),
             std::min(box.y1, static_cast<float>(p.y)),
             std::max(box.x2, p.x + 1.f),
             std::max(box.y2, p.y + 1.f),
             0,
             0,
             0};
    }
    EXPECT_NEAR(box.x1, out.boxes[0].x1, 1.6);
    EXPECT_NEAR(box.y1, out.boxes[0].y1, 1.6);
    EXPECT_NEAR(box.x2, out.boxes[0].x2, 1.6);
    EXPECT_NEAR(box.y2, out.boxes[0].y2, 1.6);
    ++seen;
  }
  EXPECT_GT(seen, 20);
}

TEST(RandomPerspective, AnOutlineGivesATighterBoxThanCorners) {
  Sample outlined = with_box({200, 200}, {80, 80, 120, 120, 0, 0, 0});
  const Sample plain = outlined;
  outlined.polygons = {{{{{100, 80}, {120, 100}, {100, 120}, {80, 100}}}}};  // a diamond in the box
  const Table params = {{"degrees", 45.0}, {"translate", 0.0}, {"scale", 0.0}};
  for (uint64_t key = 0; key < 10; ++key) {
    const Sample a = run("random_perspective", params, outlined, context_of({200, 200}), key);
    const Sample b = run("random_perspective", params, plain, context_of({200, 200}), key);
    ASSERT_EQ(a.boxes.size(), 1u);
    EXPECT_LE(a.boxes[0].width(), 40.01);  // a diamond turns into a smaller square
    EXPECT_GE(b.boxes[0].width(), 39.99);
  }
}

TEST(RandomPerspective, AspectLimitIsAParameter) {
  const Sample thin = with_box({192, 192}, {50, 90, 140, 93, 0, 0, 0});  // 30 : 1
  EXPECT_EQ(run("random_perspective", kNoMotion, thin, context_of({96, 96})).boxes.size(), 1u);
  Table params = kNoMotion;
  params["max_aspect"] = 20.0;
  EXPECT_EQ(run("random_perspective", params, thin, context_of({96, 96})).boxes.size(), 0u);
}

TEST(Mosaic, ShowsEachTileWhereItsBoxesSay) {
  const auto mosaic = make_stage("mosaic");
  std::vector<Sample> tiles;
  for (uint64_t i = 0; i < 4; ++i) {
    Sample tile;
    tile.image = cv::Mat(i % 2 ? cv::Size(60, 80) : cv::Size(80, 60), CV_8UC3, cv::Scalar::all(40.0 * (i + 1)));
    tile.boxes = {{10, 10, 50, 50, static_cast<int32_t>(i), 0, 1600}};
    tiles.push_back(tile);
  }
  const Sample first = tiles[0];
  const std::vector<Sample> others(tiles.begin() + 1, tiles.end());
  for (uint64_t key = 0; key < 50; ++key) {
    const Sample out = applied(*mosaic, first, others, context_of({80, 80}), Rng{key});
    ASSERT_EQ(out.image.size(), cv::Size(160, 160));
    EXPECT_EQ(out.mapping.file_width, 0);
    for (const Box& box : out.boxes) {
      const cv::Point middle(static_cast<int>((box.x1 + box.x2) / 2), static_cast<int>((box.y1 + box.y2) / 2));
      EXPECT_EQ(out.image.at<cv::Vec3b>(middle), cv::Vec3b::all(static_cast<uint8_t>(40 * (box.class_id + 1))));
    }
  }
}

TEST(Mosaic, NineTilesNeverCoverEachOther) {
  const auto mosaic = make_stage("mosaic", {{"tiles", 9}});
  std::vector<Sample> tiles;
  for (int i = 0; i < 9; ++i) {
    Sample tile;
    tile.image = cv::Mat(i % 2 ? cv::Size(60, 120) : cv::Size(80, 50), CV_8UC3, cv::Scalar::all(20.0 * (i + 1)));
    tile.boxes = {{0, 0, static_cast<float>(tile.image.cols), static_cast<float>(tile.image.rows), i, 0, 100}};
    tiles.push_back(tile);
  }
  const Sample own = tiles[8];
  for (uint64_t key = 0; key < 50; ++key) {
    const Sample out =
        applied(*mosaic, own, std::vector<Sample>(tiles.begin(), tiles.begin() + 8), context_of({80, 80}), Rng{key});
    bool own_seen = false;
    for (const Box& box : out.boxes) {
      own_seen |= box.class_id == 8 && box.width() == 80 && box.height() == 50;  // whole
      const cv::Rect inside(cv::Point(static_cast<int>(box.x1), static_cast<int>(box.y1)),
                            cv::Point(static_cast<int>(box.x2), static_cast<int>(box.y2)));
      cv::Mat wrong = out.image(inside) != cv::Scalar::all(20.0 * (box.class_id + 1));
      EXPECT_EQ(cv::countNonZero(wrong.reshape(1)), 0) << box.class_id;
    }
    EXPECT_TRUE(own_seen);
  }
}

TEST(Mosaic, DrawsNineAsOftenAsAsked) {
  const auto mosaic = make_stage("mosaic", {{"nine_probability", 0.2}});
  int nine = 0;
  for (uint64_t key = 0; key < 1000; ++key) {
    Rng rng{key};
    nine += mosaic->partners(context_of({80, 80}), rng) == 8;
  }
  EXPECT_NEAR(nine, 200, 50);
}

TEST(Mosaic, RefusesOtherNumbersOfTiles) {
  try {
    make_stage("mosaic", {{"tiles", 6}});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
    EXPECT_NE(std::string(error.what()).find("expected 4 or 9, found 6"), std::string::npos) << error.what();
  }
}

TEST(Flip, MovesPixelsBoxesOutlinesAndMapping) {
  Sample sample = with_box({96, 64}, {10, 20, 30, 50, 2, 0, 600});
  sample.polygons = {{{{{10, 20}, {30, 20}, {30, 50}}}}};
  sample.mapping = {48, 32, 2, 2, 0, 0};
  const Sample out = run("flip", {{"horizontal", 1.0}, {"vertical", 1.0}}, sample, context_of({96, 64}));
  EXPECT_EQ(out.image.at<cv::Vec3b>(0, 0), sample.image.at<cv::Vec3b>(63, 95));
  EXPECT_EQ(out.boxes[0].x1, 66);
  EXPECT_EQ(out.boxes[0].x2, 86);
  EXPECT_EQ(out.boxes[0].y1, 14);
  EXPECT_EQ(out.boxes[0].area, 600);
  EXPECT_EQ(out.polygons[0].rings[0][0], cv::Point2f(86, 44));
  EXPECT_EQ((86 - out.mapping.pad_left) / out.mapping.scale_x, 5);
  EXPECT_EQ((44 - out.mapping.pad_top) / out.mapping.scale_y, 10);
}

TEST(Flip, HalfOfTheSamples) {
  const Sample sample = made_up_sample({9, 5}, 0, 1);
  const auto flip = make_stage("flip");
  int flipped = 0;
  for (uint64_t key = 0; key < 1000; ++key) {
    flipped += !same_pixels(applied(*flip, sample, {}, context_of({9, 5}), Rng{key}).image, sample.image);
  }
  EXPECT_NEAR(flipped, 500, 60);
}

// The chain of docs/augmentations.md leaves every sample at the output size, with mosaic and without.
TEST(UsualChain, EndsAtTheOutputSizeEitherWay) {
  const auto mosaic = make_stage("mosaic"), perspective = make_stage("random_perspective"), mixup = make_stage("mixup");
  const auto hsv = make_stage("hsv"), flip = make_stage("flip"), letterbox = make_stage("letterbox");
  const AugmentContext context = context_of({96, 96});
  std::vector<Sample> pool;
  for (uint64_t i = 0; i < 4; ++i) pool.push_back(made_up_sample({96, 50 + static_cast<int>(i)}, 5, i));
  for (uint64_t key = 0; key < 20; ++key) {
    const auto front = [&](Sample sample) {
      if (key % 2 == 0) sample = applied(*mosaic, sample, pool, context, Rng{key, 0});
      return applied(*perspective, sample, {}, context, Rng{key, 1});
    };
    Sample sample = front(pool[0]);
    sample = applied(*mixup, sample, {front(pool[1])}, context, Rng{key, 2});
    for (const Augmentation* stage : {hsv.get(), flip.get(), letterbox.get()}) {
      sample = applied(*stage, sample, {}, context, Rng{key, 3});
    }
    EXPECT_EQ(sample.image.size(), context.output);
    expect_valid(sample);
  }
}

}  // namespace
}  // namespace cairn::test
