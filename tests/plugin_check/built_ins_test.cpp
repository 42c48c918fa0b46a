// The conformance kit on every built-in plugin.
#include <algorithm>
#include <cstdlib>
#include <memory>

#include <cairn/conformance_gtest.h>

#include "support/files.h"
#include "support/s3_server.h"

namespace cairn::conformance {
namespace {

// What backends need that are no folder: a server and a repository, there while the tests run.
class Services : public ::testing::Environment {
 public:
  std::filesystem::path params_of_s3() const { return folder_ / "s3.toml"; }
  std::filesystem::path params_of_git_lfs() const { return folder_ / "git_lfs.toml"; }
  void SetUp() override {
    server_ = std::make_unique<test::S3Server>();
    test::write_text(params_of_s3(),
                     cat("[backend.s3]\nurl = \"s3://bucket${TEMP}\"\nendpoint = \"", server_->address(),
                         "\"\nregion = \"eu-test-1\"\nkey_id_env = \"CAIRN_TEST_KEY_ID\"\n",
                         "secret_key_env = \"CAIRN_TEST_SECRET\"\nuploads_folder = \"${TEMP}/uploads\"\n"));
    // Every check gets a copy of the empty repository.
    const std::string remotes = (folder_ / "remotes").string();
    const std::string init =
        cat("git init --quiet --bare --template= --initial-branch=main '", remotes, "/remote.git'");
    ASSERT_EQ(std::system(init.c_str()), 0);
    test::write_text(params_of_git_lfs(), cat("data = \"", remotes, "\"\n[backend.git_lfs]\n",
                                              "remote = \"${DATA}/remote.git\"\nfolder = \"${TEMP}/mine\"\n"));
  }
  void TearDown() override { server_.reset(); }

 private:
  test::TempFolder folder_;
  std::unique_ptr<test::S3Server> server_;
};

Services& services() {
  static auto* const made = static_cast<Services*>(::testing::AddGlobalTestEnvironment(new Services));
  return *made;
}

std::filesystem::path params_of(const std::string& name) {
  if (name == "backends_s3") return services().params_of_s3();
  if (name == "backends_git_lfs") return services().params_of_git_lfs();
  return test::test_data() / "plugin_check.toml";
}

// Of a backend for which every commit is a push only the quick checks, unless all are asked for.
std::string checks_for(const std::string& name) {
  const bool all = std::getenv("CAIRN_TEST_ALL") != nullptr || name != "backends_git_lfs";
  return all ? "" : "^(?!.*/(create|writing|killed)$)";
}

size_t register_built_ins() {
  std::vector<std::filesystem::path> libraries;
  for (const auto& entry : std::filesystem::directory_iterator(test::plugin_dir())) {
    if (entry.path().extension() == ".so") libraries.push_back(entry.path());
  }
  std::sort(libraries.begin(), libraries.end());
  for (const auto& library : libraries) {
    const std::string name = library.stem().string();
    register_checks("Kit_" + name, {library, params_of(name)}, checks_for(name));
  }
  return libraries.size();
}

const size_t kBuiltIns = register_built_ins();

TEST(BuiltIns, AreAllChecked) {
  EXPECT_GE(kBuiltIns, 30u);
}

}  // namespace
}  // namespace cairn::conformance
