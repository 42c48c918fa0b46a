// Every case of tests/data/bad gets the reaction of its README, through the real plugin libraries.
#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/dataset.h>
#include <cairn/image.h>

#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

enum class Reaction { Accept, Warn, Skip, Refuse };

struct Case {
  std::string folder;
  Reaction reaction;
  std::vector<std::pair<std::string, int64_t>> places;  // file and line of each problem of that severity
  int64_t size;                                         // usable pictures
  std::string says;                                     // part of the first problem's message
  int64_t boxes = -1;                                   // over all pictures, where it matters
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.folder;
}

const std::string kLabel = "labels/train/broken.txt";

const Case kCases[] = {
    {"01-jpeg-truncated", Reaction::Skip, {{"images/train/broken.jpg", 0}}, 1, "damaged or cut off", 2},
    {"02-image-empty", Reaction::Skip, {{"images/train/broken.png", 0}}, 1, "empty", 2},
    {"03-png-bad-crc", Reaction::Skip, {{"images/train/broken.png", 0}}, 1, "damaged", 2},
    {"04-png-giant-header", Reaction::Skip, {{"images/train/broken.png", 0}}, 1, "100000 x 100000", 2},
    {"05-not-an-image", Reaction::Skip, {{"images/train/broken.jpg", 0}}, 1, "not a picture", 2},
    {"06-label-nan", Reaction::Refuse, {{kLabel, 1}, {kLabel, 2}}, 2, "finite"},
    {"07-class-out-of-range", Reaction::Refuse, {{kLabel, 1}, {kLabel, 2}, {kLabel, 3}}, 2, "class 2 does not exist"},
    {"08-class-not-integer", Reaction::Refuse, {{kLabel, 1}, {kLabel, 2}}, 2, "whole class number"},
    {"09-negative-width", Reaction::Refuse, {{kLabel, 1}, {kLabel, 2}}, 2, "negative side"},
    {"10-zero-area", Reaction::Warn, {{kLabel, 1}}, 2, "dropped", 3},
    {"11-coords-over-one", Reaction::Refuse, {{kLabel, 1}, {kLabel, 2}}, 2, "outside [0, 1]"},
    {"12-box-leaves-image", Reaction::Warn, {{kLabel, 1}}, 2, "clipped", 3},
    {"13-wrong-column-count", Reaction::Refuse, {{kLabel, 1}, {kLabel, 2}}, 2, "4 columns"},
    {"14-label-binary", Reaction::Refuse, {{kLabel, 1}}, 2, "not a text file"},
    {"15-label-without-image", Reaction::Warn, {{kLabel, 0}}, 1, "no picture", 2},
    {"16-yaml-without-names", Reaction::Refuse, {{"data.yaml", 3}}, 2, "no class names"},
    {"17-yaml-count-mismatch", Reaction::Refuse, {{"data.yaml", 3}}, 2, "nc says 3"},
    {"18-yaml-syntax", Reaction::Refuse, {{"data.yaml", 3}}, 0, "not valid YAML"},
    {"odd-image-without-label", Reaction::Accept, {}, 2, "", 2},
    {"odd-label-crlf", Reaction::Accept, {}, 2, "", 4},
    {"odd-label-bom", Reaction::Accept, {}, 2, "", 4},
    {"odd-label-blank-lines", Reaction::Accept, {}, 2, "", 4},
    {"odd-label-polygon", Reaction::Accept, {}, 2, "", 3},
    {"odd-jpeg-exif-rotated", Reaction::Accept, {}, 2, ""},
    {"odd-png-16bit-grey", Reaction::Accept, {}, 2, "", 4},
    {"odd-png-palette-alpha", Reaction::Accept, {}, 2, "", 4},
    {"odd-wrong-extension", Reaction::Accept, {}, 2, "", 4},
    {"odd-name-with-space", Reaction::Accept, {}, 2, "", 4},
};

std::unique_ptr<Dataset> open(const std::string& type, const std::string& folder, Table params,
                              Split split = Split::Train) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  Context context;
  context.base_directory = test::test_data() / "bad" / folder;
  context.split = split;
  return registry.create<Dataset>(type, params, context);
}

Problem::Severity severity_of(Reaction reaction) {
  return reaction == Reaction::Refuse ? Problem::Severity::Refuse
         : reaction == Reaction::Skip ? Problem::Severity::Skip
                                      : Problem::Severity::Warn;
}

class BadSet : public testing::TestWithParam<Case> {
 protected:
  // Once without and once with the remembered facts of the first time.
  void SetUp() override { setenv("CAIRN_CACHE_DIR", cache_.path().c_str(), 1); }
  void TearDown() override { unsetenv("CAIRN_CACHE_DIR"); }
  test::TempFolder cache_;
};

TEST_P(BadSet, GetsTheReactionOfItsReadme) {
  const Case& expected = GetParam();
  for (int time = 0; time < 2; ++time) {
    const auto set = open("yolo", expected.folder, {{"path", "data.yaml"}});
    std::vector<std::pair<std::string, int64_t>> places;
    for (const Problem& problem : set->problems()) {
      EXPECT_EQ(problem.severity, severity_of(expected.reaction)) << problem.file << ": " << problem.message;
      places.emplace_back(problem.file, problem.line);
    }
    EXPECT_THAT(places, testing::ElementsAreArray(expected.places));
    if (!set->problems().empty()) {
      EXPECT_THAT(set->problems().front().message, testing::HasSubstr(expected.says));
    }
    EXPECT_EQ(set->size(), expected.size);
    int64_t boxes = 0;
    for (int64_t i = 0; i < set->size(); ++i) {
      const Record record = set->at(i);
      const cv::Mat image = decode_image(read_file(record.file));
      EXPECT_EQ(image.size(), cv::Size(record.width, record.height));
      boxes += static_cast<int64_t>(record.boxes.size());
      for (const Box& box : record.boxes) {
        EXPECT_TRUE(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= static_cast<float>(image.cols) &&
                    box.y2 <= static_cast<float>(image.rows));
        EXPECT_TRUE(box.x1 < box.x2 && box.y1 < box.y2 && box.area > 0);
      }
    }
    if (expected.boxes >= 0) {
      EXPECT_EQ(boxes, expected.boxes);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Readme, BadSet, testing::ValuesIn(kCases), [](const auto& info) {
  std::string name = info.param.folder;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(BadSets, EveryFolderHasACase) {
  std::set<std::string> tested = {"19-coco-dangling", "20-voc-degenerate"};
  for (const Case& one : kCases) tested.insert(one.folder);
  for (const auto& entry : std::filesystem::directory_iterator(test::test_data() / "bad")) {
    if (entry.is_directory()) {
      EXPECT_TRUE(tested.contains(entry.path().filename().string())) << entry.path();
    }
  }
}

TEST(BadSets, CocoWithDanglingIdsIsRefusedLineByLine) {
  const auto set = open("coco", "19-coco-dangling", {{"path", "."}});
  std::vector<std::pair<int64_t, std::string>> found;
  for (const Problem& problem : set->problems()) {
    EXPECT_EQ(problem.severity, Problem::Severity::Refuse);
    EXPECT_EQ(problem.file, "annotations/instances_train.json");
    found.emplace_back(problem.line, problem.message);
  }
  using testing::HasSubstr;
  using testing::Pair;
  EXPECT_THAT(found, testing::UnorderedElementsAre(
                         Pair(1, HasSubstr("640 x 480 pixels; the file shows 64 x 48")),
                         Pair(5, HasSubstr("annotation id 1 stands there twice")), Pair(5, HasSubstr("negative side")),
                         Pair(6, HasSubstr("image_id 7")), Pair(7, HasSubstr("category_id 9"))));
}

TEST(BadSets, VocWithDegenerateObjectsIsRefusedLineByLine) {
  const List classes = {"part", "flaw"}, images = {"../images/train"};
  const auto set =
      open("voc", "20-voc-degenerate", {{"path", "voc"}, {"classes", classes}, {"images", images}, {"train", ""}});
  std::vector<std::string> found;
  for (const Problem& problem : set->problems()) {
    EXPECT_EQ(problem.severity, Problem::Severity::Refuse);
    EXPECT_EQ(problem.line, 1);
    found.push_back(problem.file + " " + problem.message);
  }
  using testing::AllOf;
  using testing::HasSubstr;
  EXPECT_THAT(found, testing::UnorderedElementsAre(AllOf(HasSubstr("broken.xml"), HasSubstr("not valid XML")),
                                                   AllOf(HasSubstr("good.xml"), HasSubstr("0 x 0")),
                                                   AllOf(HasSubstr("good.xml"), HasSubstr("negative side")),
                                                   AllOf(HasSubstr("good.xml"), HasSubstr("\"dent\""))));
}

TEST(OddSets, OutlinesBecomeBoxesAndAreKept) {
  const auto set = open("yolo", "odd-label-polygon", {{"path", "data.yaml"}});
  const Record record = set->at(1);
  ASSERT_EQ(record.boxes.size(), 1u);
  ASSERT_EQ(record.polygons.size(), 1u);
  EXPECT_EQ(record.polygons[0].rings.at(0).size(), 4u);
  const Box& box = record.boxes[0];
  EXPECT_FLOAT_EQ(box.x1, 20);
  EXPECT_FLOAT_EQ(box.y2, 45);
  EXPECT_FLOAT_EQ(box.area, 40 * 30);
}

TEST(OddSets, BoxesAreForThePictureAsShown) {
  const auto set = open("yolo", "odd-jpeg-exif-rotated", {{"path", "data.yaml"}});
  const Record record = set->at(1);
  EXPECT_EQ(cv::Size(record.width, record.height), cv::Size(480, 640));
  EXPECT_NEAR(record.boxes.at(0).width(), 0.235417 * 480, 1e-3);
}

}  // namespace
}  // namespace cairn
