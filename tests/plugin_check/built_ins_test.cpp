// The conformance kit on every built-in plugin.
#include <algorithm>

#include <cairn/conformance_gtest.h>

#include "support/files.h"

namespace cairn::conformance {
namespace {

// Cannot be made without a server or a remote; tests/plugins/backends has those, and tests of the same promises.
bool needs_a_service(const std::string& name) {
  return name == "backends_s3" || name == "backends_git_lfs";
}

size_t register_built_ins() {
  std::vector<std::filesystem::path> libraries;
  for (const auto& entry : std::filesystem::directory_iterator(test::plugin_dir())) {
    if (entry.path().extension() == ".so") libraries.push_back(entry.path());
  }
  std::sort(libraries.begin(), libraries.end());
  for (const auto& library : libraries) {
    const std::string name = library.stem().string();
    register_checks("Kit_" + name, {library, test::test_data() / "plugin_check.toml"},
                    needs_a_service(name) ? "^library/|/declaration$" : "");
  }
  return libraries.size();
}

const size_t kBuiltIns = register_built_ins();

TEST(BuiltIns, AreAllChecked) {
  EXPECT_GE(kBuiltIns, 30u);
}

}  // namespace
}  // namespace cairn::conformance
