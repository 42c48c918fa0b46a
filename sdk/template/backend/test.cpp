#include <cairn/backend.h>
#include <cairn/conformance_gtest.h>

TEST(@Name@, SaysWhereItIs) {
  const auto backend =
      cairn::conformance::create<cairn::Backend>(CAIRN_PLUGIN_FILE, cairn::Kind::Backend, "@name@", {{"path", "store"}});
  EXPECT_EQ(backend->describe(), "folder store");
  EXPECT_FALSE(backend->get("nothing"));
}
