#include "store/canonical_json.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

#include <limits>

namespace cairn {
namespace {

// Appendix B of RFC 8785.
TEST(CanonicalJson, PrintsNumbersAsTheStandard) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0"},
      {-0.0, "0"},
      {5e-324, "5e-324"},
      {-5e-324, "-5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {9007199254740992.0, "9007199254740992"},
      {295147905179352830000.0, "295147905179352830000"},
      {9.999999999999997e22, "9.999999999999997e+22"},
      {1e23, "1e+23"},
      {1e21, "1e+21"},
      {999999999999999900000.0, "999999999999999900000"},
      {333333333.33333329, "333333333.3333333"},
      {0.000001, "0.000001"},
      {9.999999999999997e-7, "9.999999999999997e-7"},
      {0.1, "0.1"},
      {-1.5, "-1.5"},
      {-0.0000033333333333333333, "-0.0000033333333333333333"},
      {1424953923781206.25, "1424953923781206.2"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(canonical_json(value), text);
}

TEST(CanonicalJson, SortsKeysByUtf16AndEscapesAsTheStandard) {
  // Section 3.2.3 of RFC 8785.
  const nlohmann::json value = {{"\u20ac", "Euro Sign"},
                                {"\r", "Carriage Return"},
                                {"\ufb33", "Hebrew Letter Dalet With Dagesh"},
                                {"1", "One"},
                                {"\U0001f600", "Emoji: Grinning Face"},
                                {"\u0080", "Control"},
                                {"\u00f6", "Latin Small Letter O With Diaeresis"}};
  EXPECT_EQ(canonical_json(value),
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With "
            "Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter "
            "Dalet With "
            "Dagesh\"}");
  EXPECT_EQ(canonical_json("\u20ac$\x0f\nA'B\"\\\\\"/"), "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
}

TEST(CanonicalJson, RefusesWhatJsonCannotHold) {
  EXPECT_THROW(canonical_json(std::numeric_limits<double>::quiet_NaN()), Error);
  EXPECT_THROW(canonical_json(int64_t{1} << 60), Error);
  EXPECT_THROW(canonical_json("\xff"), Error);
}

TEST(CanonicalJson, ParsesOnlyItsOwnForm) {
  EXPECT_EQ(parse_canonical_json("{\"a\":1}", "it").at("a"), 1);
  for (const char* text : {"{\"a\": 1}", "{\"b\":1,\"a\":1}", "{\"a\":1,\"a\":1}", "{\"a\":1.0}", "{", "", "[1]x",
                           "{\"a\":\"\\u0041\"}"}) {
    EXPECT_THROW(parse_canonical_json(text, "it"), Error) << text;
  }
  EXPECT_THROW(parse_canonical_json(std::string(100000, '['), "it"), Error);
}

}  // namespace
}  // namespace cairn
