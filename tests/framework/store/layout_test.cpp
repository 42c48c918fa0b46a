#include "store/layout.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Layout, NamesManifestsSoThatTheySortBySequence) {
  const ManifestKey key{"cells", 12, 3};
  EXPECT_EQ(key.key(), "snapshots/cells/000000000012-000003.manifest");
  EXPECT_EQ(ManifestKey::parse(key.key()), key);
}

TEST(Layout, PassesOverForeignNames) {
  for (const char* name :
       {"snapshots/cells/12-3.manifest", "snapshots/cells/000000000012-000003.manifes",
        "snapshots/000000000012-000003.manifest", "snapshots/../000000000012-000003.manifest",
        "snapshots/cells/00000000001x-000003.manifest", "snapshots/cells/-00000000012-000003.manifest"}) {
    EXPECT_FALSE(ManifestKey::parse(name)) << name;
  }
  EXPECT_FALSE(parse_pack_key("packs/00/" + sha256("a").hex() + ".pack"));
}

TEST(Layout, NamesPacksByTheirHash) {
  EXPECT_EQ(parse_pack_key(pack_key(sha256("a"))), sha256("a"));
}

TEST(Layout, AllowsOnlyPlainRunNames) {
  for (const char* name : {"cells", "a.b-c_D9", "..."}) EXPECT_NO_THROW(check_run_name(name));
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                  std::string(65, 'a'), std::string("ä")}) {
    EXPECT_THROW(check_run_name(name), Error) << name;
  }
}

}  // namespace
}  // namespace cairn
