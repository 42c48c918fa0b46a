#include <fstream>

#include <cairn/conformance_gtest.h>
#include <cairn/monitor.h>

TEST(@Name@, WritesWhatHappened) {
  cairn::Context context;
  context.run_directory = ::testing::TempDir();
  cairn::conformance::create<cairn::Monitor>(CAIRN_PLUGIN_FILE, cairn::Kind::Monitor, "@name@", {}, context)
      ->on_event({cairn::Event::Type::Started, {}, "run 'test'", 0});
  std::ifstream report(context.run_directory / "report.txt");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(report), {}), "run 'test'\n");
  std::filesystem::remove(context.run_directory / "report.txt");
}
