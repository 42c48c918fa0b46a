// What the README says works as it stands, and every pipeline that comes with cairn is right.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include "e2e/cairn_process.h"

namespace cairn::test {
namespace {

namespace fs = std::filesystem;

// The lines of the README's blocks between ``` and ```, block by block.
std::vector<std::vector<std::string>> blocks_of(const std::string& markdown) {
  std::vector<std::vector<std::string>> blocks;
  bool inside = false;
  std::istringstream lines(markdown);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back().push_back(line);
    }
  }
  return blocks;
}

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream in(line.substr(0, line.find('#')));
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

TEST(Documents, TheReadmesPipelineAndCommandsWork) {
  TinyRun tiny;
  std::string pipeline;
  std::vector<std::vector<std::string>> commands;
  for (const auto& block : blocks_of(read_text(source_dir() / "README.md"))) {
    for (const std::string& line : block) {
      if (block.front() == "# my.toml") pipeline += line + "\n";
      if (line.starts_with("cairn ")) commands.push_back(words_of(line));
    }
  }
  ASSERT_FALSE(pipeline.empty());
  ASSERT_GE(commands.size(), 5u);
  write_text(tiny.folder() / "my.toml", pipeline);
  fs::create_directories(tiny.folder() / "data");
  for (const char* name : {"images", "labels", "data.yaml"})
    fs::rename(tiny.folder() / name, tiny.folder() / "data" / name);
  fs::create_directory_symlink("data/images/val", tiny.folder() / "photos");
  for (std::vector<std::string> command : commands) {
    command.erase(command.begin());
    const bool reads_pipeline = std::find(command.begin(), command.end(), "my.toml") != command.end();
    if (reads_pipeline) {
      for (const char* set : {"run.epochs=1", "run.precision=fp32", "dataset.image_size=32", "dataset.batch_size=8"}) {
        command.insert(command.end(), {"--set", set});
      }
    }
    const Ended end = run_cairn(tiny.folder(), command);
    EXPECT_EQ(end.exit_code, 0) << command.front() << "\n" << end.output << end.errors;
  }
}

// The lines of a page that are indented and begin with "cairn ", as a person would type them on a run of nine
// iterations.
std::vector<std::vector<std::string>> indented_commands(const std::string& page) {
  std::vector<std::vector<std::string>> commands;
  std::istringstream lines(read_text(source_dir() / "docs" / page));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("    cairn ")) continue;
    line = std::regex_replace(line, std::regex("@4000?"), "@4");
    line = std::regex_replace(line, std::regex("run.epochs=200"), "run.epochs=3");
    commands.push_back(words_of(line));
    commands.back().erase(commands.back().begin());
  }
  return commands;
}

TEST(Documents, TheCommandsOfThePagesWork) {
  TinyRun tiny;
  fs::copy_file(tiny.folder() / "tiny.toml", tiny.folder() / "my.toml");
  ASSERT_EQ(run_cairn(tiny.folder(), tiny.train("cells")).exit_code, 0);
  for (const auto& [page, least] :
       std::map<std::string, int>{{"interruptions.md", 5}, {"snapshots.md", 6}, {"weights.md", 3}}) {
    int done = 0;
    for (std::vector<std::string> command : indented_commands(page)) {
      if (command.front() == "train") command.insert(command.end(), {"--run", "my"});
      const Ended end = run_cairn(tiny.folder(), command);
      EXPECT_EQ(end.exit_code, 0) << page << ": " << command.front() << "\n" << end.output << end.errors;
      ++done;
    }
    EXPECT_GE(done, least) << page;
  }
}

TEST(Documents, EveryPipelineThatComesWithCairnIsRight) {
  const TempFolder folder;
  const Surroundings surroundings{.environment = {{"CAIRN_TEST_DATA", "/somewhere"}, {"USER", "somebody"}}};
  int checked = 0;
  for (const auto& entry : fs::directory_iterator(source_dir() / "pipelines")) {
    if (entry.path().extension() != ".toml") continue;
    const Ended end = run_cairn(folder.path(), {"config", "check", entry.path().string()}, surroundings);
    EXPECT_EQ(end.exit_code, 0) << entry.path() << "\n" << end.errors;
    ++checked;
  }
  EXPECT_GE(checked, 4);
}

}  // namespace
}  // namespace cairn::test
