// Every built-in plugin loaded into one process, made and given back; with a leak checker the end of the process
// counts.
#include <gtest/gtest.h>

#include <cairn/error.h>

#include "plugin/call.h"
#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

TEST(BuiltIns, LiveInOneProcessAndAreGivenBack) {
  const test::TempFolder folder;
  Context context;
  context.base_directory = context.run_directory = folder.path();
  context.classes = {"circle", "square"};
  Registry registry;
  registry.add_folder(test::plugin_dir());
  int made = 0, without_what_they_need = 0;
  for (const auto& library : registry.open_all()) {
    for (const FactoryDescriptor& factory : library->descriptor->factories) {
      try {
        EXPECT_NE(call_plugin(factory.type, "create", [&] { return factory.create({}, context); }), nullptr);
        ++made;
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == Code::InvalidArgument || error.code() == Code::NotFound) << error.what();
        ++without_what_they_need;
      }
    }
  }
  EXPECT_TRUE(registry.refused().empty());
  EXPECT_GE(made, 25);
  EXPECT_LE(without_what_they_need, 6);  // datasets and backends without a place
}

}  // namespace
}  // namespace cairn
