#include "evaluate/val_files.h"

#include <gmock/gmock.h>

#include <cairn/error.h>

#include "framework/evaluate/golden_evaluation.h"

namespace cairn {
namespace {

using test::read_json;
using testing::HasSubstr;

nlohmann::json run(const test::GoldenCase& one) {
  std::ostringstream out;
  EXPECT_EQ(val_files(one.detections, one.ground_truth, Listing::Json, out), 0);
  return nlohmann::json::parse(out.str());
}

TEST(ValFiles, ReproducesEveryCocoFigureOfTheGoldenSets) {
  for (const auto& one : test::golden_cases()) {
    test::expect_close(run(one).at("coco"), one.expected.at("coco"), 1e-9, one.name + " coco");
  }
}

TEST(ValFiles, ReproducesEveryFastFigureOfTheGoldenSetsUnderAllThreeRules) {
  for (const auto& one : test::golden_cases()) {
    test::expect_close(run(one).at("fast"), one.expected.at("fast"), 1e-6, one.name + " fast");
  }
}

TEST(ValFiles, CountsWhatTheGoldenSetsHold) {
  for (const auto& one : test::golden_cases()) {
    test::expect_close(run(one).at("counts"), one.expected.at("counts"), 0, one.name + " counts");
  }
}

TEST(ValFiles, TextNamesEveryFigure) {
  const auto folder = test::evaluation_goldens() / "bccd";
  std::ostringstream out;
  val_files(folder / "detections.json", folder / "ground_truth.json", Listing::Text, out);
  for (const char* part : {"86 pictures, 1107 annotations (0 crowds), 1433 detections", "AP75       0.2812",
                           "ultralytics-8.4", "Platelets", "0.3853"}) {
    EXPECT_THAT(out.str(), HasSubstr(part));
  }
}

class BrokenFiles : public testing::Test {
 protected:
  std::string message(const std::string& annotations, const std::string& detections = "[]") {
    test::write_text(folder_ / "g.json", annotations);
    test::write_text(folder_ / "d.json", detections);
    std::ostringstream out;
    try {
      val_files(folder_ / "d.json", folder_ / "g.json", Listing::Json, out);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::InvalidArgument) << error.what();
      return error.what();
    }
    return "accepted";
  }
  std::string with_annotation(const std::string& row) {
    return R"({"images":[{"id":3}],"categories":[{"id":8,"name":"cell"}],"annotations":[)" + row + "]}";
  }
  std::string sound() { return with_annotation(R"({"image_id":3,"category_id":8,"bbox":[1,2,3,4]})"); }
  test::TempFolder folder_;
};

TEST_F(BrokenFiles, SoundOnesAreRead) {
  EXPECT_EQ(message(sound(), R"([{"image_id":3.0,"category_id":8,"bbox":[1,2,3,4],"score":1}])"), "accepted");
}

TEST_F(BrokenFiles, NotJsonIsLocatedByLineAndColumn) {
  EXPECT_THAT(message("{\n \"images\": [},\n"), HasSubstr("g.json:2:13: not JSON"));
  EXPECT_THAT(message(""), HasSubstr("g.json:1:1: not JSON"));
}

TEST_F(BrokenFiles, AMissingFieldIsNamed) {
  EXPECT_THAT(message(R"({"images":[],"annotations":[]})"), HasSubstr("\"categories\" is missing"));
  EXPECT_THAT(message(with_annotation(R"({"image_id":3,"category_id":8})")),
              HasSubstr("annotations[0]: \"bbox\" is missing"));
  EXPECT_THAT(message("[]"), HasSubstr("expected an object, found array"));
}

TEST_F(BrokenFiles, AWrongBoxIsLocated) {
  EXPECT_THAT(message(with_annotation(R"({"image_id":3,"category_id":8,"bbox":[1,2,"x",4]})")),
              HasSubstr("annotations[0].bbox[2]: expected a number, found string"));
  EXPECT_THAT(message(with_annotation(R"({"image_id":3,"category_id":8,"bbox":[1,2,3]})")),
              HasSubstr("expected 4 numbers"));
  EXPECT_THAT(message(with_annotation(R"({"image_id":3,"category_id":8,"bbox":[1,2,-3,4]})")),
              HasSubstr("negative size"));
  EXPECT_THAT(message(with_annotation(R"({"image_id":3,"category_id":8,"bbox":[1,2,3,1e999]})")),
              HasSubstr("not usable"));
}

TEST_F(BrokenFiles, DanglingIdsAreLocated) {
  EXPECT_THAT(message(with_annotation(R"({"image_id":4,"category_id":8,"bbox":[1,2,3,4]})")),
              HasSubstr("annotations[0].image_id: id 4 is not among the 1 of \"images\""));
  EXPECT_THAT(message(sound(), R"([{"image_id":3,"category_id":9,"bbox":[1,2,3,4],"score":0.5}])"),
              HasSubstr("d.json: [0].category_id: id 9 is not among"));
  EXPECT_THAT(message(sound(), R"([{"image_id":18446744073709551615,"category_id":8,"bbox":[1,2,3,4],"score":0.5}])"),
              HasSubstr("signed 64-bit"));
}

TEST_F(BrokenFiles, AnIdTwiceIsRefused) {
  EXPECT_THAT(message(R"({"images":[{"id":3},{"id":3}],"categories":[],"annotations":[]})"),
              HasSubstr("id 3 stands there twice"));
}

TEST_F(BrokenFiles, AMissingFileIsNamed) {
  std::ostringstream out;
  EXPECT_THROW(val_files(folder_ / "none.json", folder_ / "none.json", Listing::Json, out), Error);
}

}  // namespace
}  // namespace cairn
