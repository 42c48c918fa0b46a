// docs/plugins/<kind>.md are made from the tables of the built-in plugins. Run with CAIRN_UPDATE_GOLDENS set, this test
// writes them.
#include <gtest/gtest.h>
#include <cstdlib>

#include "config/schema.h"
#include "plugin/registry.h"
#include "support/files.h"

namespace cairn {
namespace {

std::string page_of(Kind kind, Registry& registry) {
  std::vector<const FactoryDescriptor*> factories;
  for (const std::string& type : registry.types(kind)) factories.push_back(&registry.require(kind, type));
  return cat("# Parameters of every ", name_of(kind),
             "\n\nMade from the plugins' own tables; `cairn plugin show TYPE` ",
             "prints the same. Keys of the host, which stand in the same table of a pipeline, are in ",
             "[pipeline-reference.md](../pipeline-reference.md).\n", plugins_markdown(factories));
}

TEST(PluginPages, AreWhatThePluginsDeclare) {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  for (const Kind kind : kAllKinds) {
    const auto file = test::source_dir() / "docs/plugins" / cat(name_of(kind), ".md");
    const std::string page = page_of(kind, registry);
    if (std::getenv("CAIRN_UPDATE_GOLDENS") != nullptr) test::write_text(file, page);
    ASSERT_TRUE(std::filesystem::exists(file)) << file;
    EXPECT_EQ(test::read_text(file), page) << file << " is not current; run this test with CAIRN_UPDATE_GOLDENS=1";
  }
}

}  // namespace
}  // namespace cairn
