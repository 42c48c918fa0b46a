#include "cli/data_command.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/files.h"

namespace cairn {
namespace {

struct Answer {
  int code;
  std::string text;
};

Answer check(const std::string& folder, Listing listing = Listing::Text) {
  const test::TempFolder cache;
  setenv("CAIRN_CACHE_DIR", cache.path().c_str(), 1);
  Registry registry;
  registry.add_folder(test::plugin_dir());
  DataCheck what = check_of_yaml(test::test_data() / "bad" / folder / "data.yaml");
  what.listing = listing;
  std::ostringstream out;
  const int code = data_check(what, registry, out);
  unsetenv("CAIRN_CACHE_DIR");
  return {code, out.str()};
}

TEST(DataCheck, CountsAUsableSet) {
  const Answer answer = check("odd-label-polygon");
  EXPECT_EQ(answer.code, 0);
  EXPECT_THAT(answer.text,
              testing::HasSubstr("train: 2 pictures, 0 of them without objects, 3 boxes\n  0 part: 2\n  1 flaw: 1\n"));
  EXPECT_THAT(answer.text, testing::EndsWith("usable\n"));
}

TEST(DataCheck, ListsEveryProblemOfARefusedSet) {
  const Answer answer = check("07-class-out-of-range");
  EXPECT_EQ(answer.code, 2);
  for (const char* line : {":1: class 2", ":2: class 99", ":3: class -1"}) {
    EXPECT_THAT(answer.text, testing::HasSubstr(std::string("refuse: labels/train/broken.txt") + line));
  }
}

TEST(DataCheck, SkippedPicturesAreNamedAndDoNotRefuse) {
  const Answer answer = check("01-jpeg-truncated");
  EXPECT_EQ(answer.code, 0);
  EXPECT_THAT(answer.text, testing::HasSubstr("skip: images/train/broken.jpg: "));
}

TEST(DataCheck, AnswersAsJson) {
  const auto refused = nlohmann::json::parse(check("09-negative-width", Listing::Json).text);
  EXPECT_EQ(refused.at("usable"), false);
  EXPECT_EQ(refused.at("splits").at(0).at("problems").at(1).at("line"), 2);
  const auto usable = nlohmann::json::parse(check("12-box-leaves-image", Listing::Json).text);
  EXPECT_EQ(usable.at("usable"), true);
  EXPECT_EQ(usable.at("splits").at(1).at("problems").at(0).at("severity"), "warn");
  EXPECT_EQ(usable.at("splits").at(0).at("classes").at(0).at("boxes"), 2);
}

}  // namespace
}  // namespace cairn
