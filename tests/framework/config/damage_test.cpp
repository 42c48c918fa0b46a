// Files that people or disks have mangled.
#include <cairn/random.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "framework/config/fake_plugins.h"

namespace cairn::test {
namespace {

constexpr std::string_view kPieces[] = {"${",   "}",
                                        "[",    "]]",
                                        "=",    "\"",
                                        "'",    ".",
                                        "\n",   "{",
                                        "inf",  "nan",
                                        "-1",   "1e400",
                                        "\xff", "[[monitor]]\n",
                                        "$${",  "9223372036854775808"};

size_t below(Rng& rng, size_t count) {
  return static_cast<size_t>(rng.below(static_cast<int64_t>(count)));
}

std::string mangled(std::string text, Rng& rng) {
  const size_t changes = 1 + below(rng, 4);
  for (size_t i = 0; i < changes; ++i) {
    const size_t at = below(rng, text.size());
    switch (below(rng, 4)) {
      case 0:
        text.erase(at, below(rng, 20));
        break;
      case 1:
        text.insert(at, kPieces[below(rng, std::size(kPieces))]);
        break;
      case 2:
        text[at] = static_cast<char>(below(rng, 256));
        break;
      default:
        text.insert(at, text.substr(below(rng, text.size()), below(rng, 40)));
    }
  }
  return text;
}

TEST(Damage, IsReportedAndNeverThrown) {
  PipelineFolder folder;
  const std::string good = read_text(test_data() / "pipelines/complete.toml");
  int wrong = 0;
  for (uint64_t i = 0; i < 400; ++i) {
    Rng rng{7, i};
    const std::string text = mangled(good, rng);
    ASSERT_NO_THROW(wrong += folder.read(text).problems.empty() ? 0 : 1) << text;
  }
  EXPECT_GT(wrong, 200);
}

TEST(Damage, EveryTruncationIsReportedOrWhole) {
  PipelineFolder folder;
  const std::string good = read_text(test_data() / "pipelines/complete.toml");
  for (size_t size = 1; size < good.size(); size += 7) ASSERT_NO_THROW(folder.read(good.substr(0, size))) << size;
}

}  // namespace
}  // namespace cairn::test
