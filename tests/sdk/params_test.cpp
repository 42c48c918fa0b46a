#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/params.h>

namespace cairn {
namespace {

using ::testing::HasSubstr;

struct Params {
  double ratio = 0.25;
  int64_t count = 3;
  std::string rule = "linear";
  std::vector<double> means{0.5, 0.5};
};

std::vector<ParamSpec> specs() {
  return {make_param("ratio", &Params::ratio, range(0.0, 1.0), "a ratio"),
          make_param("count", &Params::count, at_least(1), unit::epochs, "a count"),
          make_param("rule", &Params::rule, one_of({"linear", "cosine"}), "a rule"),
          make_param("means", &Params::means, more_than(0), "means")};
}

std::string message_of(const Table& given) {
  Params params;
  try {
    fill_params(specs(), given, &params);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Params, DefaultsAreTheMemberInitialisers) {
  EXPECT_EQ(specs()[0].default_value, Value(0.25));
  EXPECT_EQ(specs()[3].default_value.to_text(), "[0.5, 0.5]");
}

TEST(Params, FillsWhatIsGivenAndKeepsTheRest) {
  Params params;
  Table given;
  given["ratio"] = 1;
  given["rule"] = "cosine";
  given["means"] = List{1.5, 2};
  fill_params(specs(), given, &params);
  EXPECT_EQ(params.ratio, 1.0);
  EXPECT_EQ(params.count, 3);
  EXPECT_EQ(params.rule, "cosine");
  EXPECT_THAT(params.means, ::testing::ElementsAre(1.5, 2.0));
}

TEST(Params, SaysWhatIsWrong) {
  EXPECT_THAT(message_of({{"ratio", 1.5}}), HasSubstr("'ratio': expected from 0 to 1, found 1.5"));
  EXPECT_THAT(message_of({{"count", 0}}), HasSubstr("expected at least 1, found 0"));
  EXPECT_THAT(message_of({{"count", 1.5}}), HasSubstr("expected an integer, found number 1.5"));
  EXPECT_THAT(message_of({{"rule", "cubic"}}), HasSubstr("expected linear | cosine, found \"cubic\""));
  EXPECT_THAT(message_of({{"means", List{1.0, 0.0}}}), HasSubstr("expected more than 0, found 0.0"));
  EXPECT_THAT(message_of({{"ratoi", 0.5}}), HasSubstr("unknown parameter 'ratoi'"));
}

}  // namespace
}  // namespace cairn
