// Who may include whom: read from the sources.
#include <gtest/gtest.h>
#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "support/files.h"

namespace cairn {
namespace {

namespace fs = std::filesystem;
using Allowed = std::map<std::string, std::set<std::string>>;

// A stage may include itself, the SDK, and these.
const Allowed kAllowed = {
    {"base", {}},
    {"config", {"base"}},
    {"plugin", {"base"}},
    {"backend", {"base"}},
    {"store/seal", {"base"}},
    {"store", {"base", "backend", "store/seal"}},
    {"checkpoint/codec", {"base", "store", "state"}},
    {"checkpoint/pipeline", {"base", "backend", "store", "state", "checkpoint/codec"}},
    {"state", {"base"}},
    {"checkpoint", {"base", "backend", "store", "state", "checkpoint/codec", "checkpoint/pipeline"}},
    {"augmentation", {"base", "plugin"}},
    {"dataset", {"base", "plugin", "augmentation"}},
    {"model", {"base", "plugin"}},
    {"optimizer", {"base", "plugin", "model"}},
    {"monitor", {"base"}},
    {"evaluate", {"base", "plugin", "monitor"}},
    {"train",
     {"base", "config", "plugin", "dataset", "augmentation", "model", "optimizer", "evaluate", "monitor", "state",
      "checkpoint", "checkpoint/pipeline", "store", "backend"}},
};

std::string stage_of(const std::string& path) {
  for (const char* nested : {"checkpoint/codec", "checkpoint/pipeline", "store/seal"}) {
    if (path.starts_with(std::string(nested) + "/")) return nested;
  }
  return path.substr(0, path.find('/'));
}

std::vector<std::string> included(const fs::path& file) {
  static const std::regex kInclude(R"re(^#include "([^"]+)")re");
  std::vector<std::string> found;
  std::ifstream in(file);
  std::smatch match;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_search(line, match, kInclude)) found.push_back(match[1]);
  }
  return found;
}

std::vector<fs::path> sources_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".h" || extension == ".cpp") files.push_back(entry.path());
  }
  return files;
}

TEST(Layers, StagesIncludeOnlyWhatTheirTableAllows) {
  const fs::path root = test::source_dir() / "framework";
  int64_t checked = 0;
  for (const fs::path& file : sources_below(root)) {
    const std::string own = stage_of(fs::relative(file, root).string());
    if (own == "cli" || !kAllowed.contains(own)) continue;
    for (const std::string& path : included(file)) {
      const std::string other = stage_of(path);
      EXPECT_TRUE(other == own || kAllowed.at(own).contains(other)) << fs::relative(file, root) << " includes " << path;
      ++checked;
    }
  }
  EXPECT_GT(checked, 100);
}

TEST(Layers, TheSdkAndThePluginsIncludeNothingOfTheFramework) {
  for (const char* folder : {"sdk/include", "sdk/src", "plugins"}) {
    for (const fs::path& file : sources_below(test::source_dir() / folder)) {
      for (const std::string& path : included(file)) {
        const bool of_framework =
            kAllowed.contains(stage_of(path)) && fs::exists(test::source_dir() / "framework" / path);
        EXPECT_FALSE(of_framework) << file << " includes " << path;
      }
    }
  }
}

TEST(Layers, FilesWithoutTensorsIncludeNoTorchHeader) {
  for (const char* stage :
       {"base", "config", "plugin", "backend", "store", "checkpoint/codec", "checkpoint/pipeline"}) {
    const fs::path folder = test::source_dir() / "framework" / stage;
    if (!fs::exists(folder)) continue;
    for (const fs::path& file : sources_below(folder)) {
      const std::string text = test::read_text(file);
      EXPECT_EQ(text.find("#include <torch/"), std::string::npos) << file;
      EXPECT_EQ(text.find("#include <ATen/"), std::string::npos) << file;
    }
  }
}

TEST(Layers, NoFileIsLongerThanFiveHundredLines) {
  for (const char* folder : {"framework", "plugins", "sdk", "tests"}) {
    for (const fs::path& file : sources_below(test::source_dir() / folder)) {
      const std::string text = test::read_text(file);
      EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 500) << file;
    }
  }
}

}  // namespace
}  // namespace cairn
