#include "config/units.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

std::optional<Value> read(Unit unit, ParamType type, const char* text) {
  ParamSpec spec;
  spec.unit = unit;
  spec.type = type;
  std::string expected;
  return read_with_unit(spec, text, expected);
}

TEST(Units, DurationsAreSeconds) {
  EXPECT_EQ(read(Unit::Seconds, ParamType::Real, "90s"), Value(90.0));
  EXPECT_EQ(read(Unit::Seconds, ParamType::Real, " 10 min "), Value(600.0));
  EXPECT_EQ(read(Unit::Seconds, ParamType::Real, "8h"), Value(28800.0));
  EXPECT_EQ(read(Unit::Seconds, ParamType::Real, "1.5 d"), Value(129600.0));
  EXPECT_EQ(read(Unit::Seconds, ParamType::Integer, "2 h"), Value(7200));
  EXPECT_FALSE(read(Unit::Seconds, ParamType::Integer, "500 ms"));
  for (const char* bad : {"", "s", "90", "90 MiB", "-", "nan s", "inf s", "1e400 s", "9 0s"}) {
    EXPECT_FALSE(read(Unit::Seconds, ParamType::Real, bad)) << bad;
  }
}

TEST(Units, SizesAreWholeBytes) {
  EXPECT_EQ(read(Unit::Bytes, ParamType::Integer, "64MiB"), Value(int64_t{64} << 20));
  EXPECT_EQ(read(Unit::Bytes, ParamType::Integer, "1.5 KiB"), Value(1536));
  EXPECT_EQ(read(Unit::Bytes, ParamType::Integer, "2 GB"), Value(int64_t{2000000000}));
  EXPECT_FALSE(read(Unit::Bytes, ParamType::Integer, "0.3B"));
  EXPECT_FALSE(read(Unit::Bytes, ParamType::Integer, "99999999 TiB"));
}

TEST(Triggers, AreReadAndWritten) {
  for (const char* text :
       {"1 epoch", "5 epochs", "500 iterations", "1 step", "10 min", "8 h", "90 s", "0.25 s", "auto"}) {
    const auto trigger = parse_trigger(text);
    ASSERT_TRUE(trigger) << text;
    EXPECT_EQ(to_text(*trigger), text);
  }
  for (const char* bad : {"", "0 epochs", "-1 epochs", "1.5 epochs", "0 s", "epoch", "1", "1 parsec"})
    EXPECT_FALSE(parse_trigger(bad)) << bad;
}

}  // namespace
}  // namespace cairn
