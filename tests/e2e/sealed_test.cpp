// A run whose stores are sealed: the same state, nothing to read without the key, nothing that can be rolled back
// unseen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "e2e/cairn_process.h"
#include "support/s3_server.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class SealedRun : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("XDG_STATE_HOME", (tiny_.folder() / "state").c_str(), 1);
    const Ended made = cairn({"key", "new", "cells.key"});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    public_ = made.output;
  }
  Ended cairn(std::vector<std::string> arguments) { return run_cairn(tiny_.folder(), std::move(arguments)); }
  void site(const std::string& name, const std::string& checkpoint, const std::string& folder, bool mirrored) {
    std::string text =
        "[checkpoint]\n" + checkpoint + "[[checkpoint.backend]]\ntype = \"local\"\npath = \"" + folder + "\"\n";
    if (mirrored) {
      text +=
          "[[checkpoint.backend]]\ntype = \"s3\"\nurl = \"s3://bucket/runs\"\nregion = \"eu-test-1\"\nendpoint = \"" +
          server_.address() + "\"\nkey_id_env = \"CAIRN_TEST_KEY_ID\"\nsecret_key_env = \"CAIRN_TEST_SECRET\"\n";
    }
    write_text(tiny_.folder() / "sites" / (name + ".toml"), text);
  }
  std::string file(const std::string& name) const { return "'" + (tiny_.folder() / name).string() + "'"; }
  std::string digest(const std::string& site, const std::string& run) {
    const Ended end = cairn({"snapshots", "list", run, "--json", "--pipeline", "tiny.toml", "--site", site});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    return nlohmann::json::parse(end.output).back()["digest"].get<std::string>();
  }
  std::string signer() const { return public_.substr(public_.find("cairn-signer-1:")); }
  TinyRun tiny_;
  S3Server server_;
  std::string public_;
};

// Bytes of every file below a folder that is not left out.
std::vector<std::pair<fs::path, std::string>> files_below(const fs::path& folder) {
  std::vector<std::pair<fs::path, std::string>> all;
  for (const auto& each : fs::recursive_directory_iterator(folder)) {
    if (each.is_regular_file()) all.emplace_back(each.path(), read_text(each.path()));
  }
  return all;
}

TEST_F(SealedRun, EndsInTheStateOfAnOpenOneAndCanBeResumedFromItsMirror) {
  site("open", "", "open", false);
  site("sealed", "seal = true\nkey.file = " + file("cells.key") + "\n", "sealed", true);
  ASSERT_EQ(cairn(tiny_.train("cells", {"--site", "open"})).exit_code, 0);
  fs::remove_all(tiny_.folder() / "runs");

  const Ended part = cairn(tiny_.train("cells", {"--site", "sealed", "--set", "run.time=0.001"}));
  ASSERT_EQ(part.exit_code, 75) << part.errors;
  // Another key, or none, changes nothing.
  ASSERT_EQ(cairn({"key", "new", "other.key"}).exit_code, 0);
  site("wrong", "key.file = " + file("other.key") + "\n", "sealed", false);
  const auto before = files_below(tiny_.folder() / "sealed/snapshots");
  const Ended wrong = cairn(tiny_.train("cells", {"--site", "wrong"}));
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("other.key opens none of the keys"));
  const Ended none = cairn({"snapshots", "list", "cells", "--store", "sealed"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.errors, HasSubstr("is sealed, and no key is named"));
  EXPECT_EQ(files_below(tiny_.folder() / "sealed/snapshots"), before);

  for (const char* gone : {"runs", "sealed"}) fs::remove_all(tiny_.folder() / gone);
  const Ended rest = cairn(tiny_.train("cells", {"--site", "sealed"}));
  ASSERT_EQ(rest.exit_code, 0) << rest.errors;
  EXPECT_THAT(rest.errors, HasSubstr("in S3 store"));
  EXPECT_EQ(digest("sealed", "cells"), digest("open", "cells"));

  // A copy that was made without a key is good with it.
  const Ended copied = cairn({"snapshots", "sync", "sealed", "copy"});
  ASSERT_EQ(copied.exit_code, 0) << copied.errors;
  site("copy", "key.file = " + file("cells.key") + "\n", "copy", false);
  EXPECT_EQ(digest("copy", "cells"), digest("open", "cells"));
  // Into the open: the same state.
  setenv("CAIRN_KEY_FILE", (tiny_.folder() / "cells.key").c_str(), 1);
  const Ended opened = cairn({"snapshots", "sync", "copy", "open", "--run", "cells"});
  unsetenv("CAIRN_KEY_FILE");
  EXPECT_THAT(opened.errors, HasSubstr("not sealed"));

  const std::string key = read_text(tiny_.folder() / "cells.key").substr(12, 64);
  for (const auto& [path, bytes] : files_below(tiny_.folder())) {
    if (path.filename() != "cells.key") {
      EXPECT_EQ(bytes.find(key), std::string::npos) << path;
    }
    const std::string below = fs::relative(path, tiny_.folder()).string();
    if (!below.starts_with("sealed") && !below.starts_with("copy")) continue;
    for (const char* known : {"yolov8", "image_size", "state/", "map50", "tiny.toml", "cairn 1."}) {
      EXPECT_EQ(bytes.find(known), std::string::npos) << path << " holds " << known;
    }
  }
}

TEST_F(SealedRun, SignaturesAndRollbacksAreChecked) {
  write_text(tiny_.folder() / "trusted", signer());
  const std::string signing = "sign = " + file("cells.key") + "\n", trusting = "trust = " + file("trusted") + "\n";
  site("unsigned", trusting, "store", false);
  site("signed", signing + trusting, "store", false);
  // What is not signed is not taken.
  const Ended begun = cairn(tiny_.train("cells", {"--site", "unsigned", "--set", "run.time=0.001"}));
  ASSERT_EQ(begun.exit_code, 75) << begun.errors;
  const Ended refused = cairn(tiny_.train("cells", {"--site", "unsigned"}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.errors, HasSubstr("is not signed, and only signers in"));
  for (const char* gone : {"runs", "store"}) fs::remove_all(tiny_.folder() / gone);

  ASSERT_EQ(cairn(tiny_.train("cells", {"--site", "signed", "--set", "run.time=0.001"})).exit_code, 75);
  fs::copy(tiny_.folder() / "store", tiny_.folder() / "former", fs::copy_options::recursive);
  ASSERT_EQ(cairn(tiny_.train("cells", {"--site", "signed", "--set", "run.time=0.001"})).exit_code, 75);
  fs::remove_all(tiny_.folder() / "store");
  fs::rename(tiny_.folder() / "former", tiny_.folder() / "store");
  const Ended back = cairn(tiny_.train("cells", {"--site", "signed"}));
  EXPECT_EQ(back.exit_code, 1);
  EXPECT_THAT(back.errors, HasSubstr("the stores have been rolled back"));
  const Ended allowed = cairn(tiny_.train("cells", {"--site", "signed", "--allow", "rollback"}));
  EXPECT_EQ(allowed.exit_code, 0) << allowed.errors;
}

TEST_F(SealedRun, KeysAreManagedOnTheCommandLine) {
  site("sealed", "seal = true\nkey.file = " + file("cells.key") + "\n", "sealed", true);
  const std::vector<std::string> here{"--pipeline", "tiny.toml", "--site", "sealed"};
  const auto key = [&](std::vector<std::string> verb) {
    verb.insert(verb.begin(), "key");
    verb.insert(verb.end(), here.begin(), here.end());
    return cairn(verb);
  };
  const Ended init = cairn({"store", "init", "--pipeline", "tiny.toml", "--site", "sealed"});
  ASSERT_EQ(init.exit_code, 0) << init.errors << init.output;
  EXPECT_THAT(init.output, HasSubstr("ok   sealed store"));
  const std::string other = cairn({"key", "new", "other.key"}).output;
  EXPECT_EQ(cairn({"key", "show", "other.key"}).output, other);
  EXPECT_EQ(cairn({"key", "new", "other.key"}).exit_code, 1);
  const Ended added = key({"add", "--recipient", other.substr(0, other.find('\n')), "--label", "anna"});
  ASSERT_EQ(added.exit_code, 0) << added.errors;
  EXPECT_THAT(added.output, HasSubstr("may open 2 stores"));
  const auto listed = nlohmann::json::parse(key({"list", "--json"}).output);
  ASSERT_EQ(listed.size(), 4u);  // two keys in two stores
  const Ended rotated = key({"rotate"});
  EXPECT_THAT(rotated.output, HasSubstr("key 2 seals"));
  ASSERT_EQ(key({"export", "safe"}).exit_code, 0);
  EXPECT_THAT(read_text(tiny_.folder() / "safe"), HasSubstr("cairn-ring-1:"));
  const Ended removed = key({"remove", added.output.substr(0, 8)});
  EXPECT_EQ(removed.exit_code, 0) << removed.errors;
  const Ended last = key({"remove", nlohmann::json::parse(key({"list", "--json"}).output)[0]["id"].get<std::string>()});
  EXPECT_EQ(last.exit_code, 1);
  EXPECT_THAT(last.errors, HasSubstr("is the only one"));
  const std::string secret = read_text(tiny_.folder() / "other.key").substr(12, 64);
  for (const Ended* each : {&init, &added, &rotated, &removed, &last}) {
    EXPECT_THAT(each->output + each->errors, Not(HasSubstr(secret)));
  }
}

// Credentials of a bucket, from the environment and from a shared file, in everything that a run leaves behind.
TEST_F(SealedRun, CredentialsStandInNoFile) {
  site("environment", "", "first", true);
  site("file", "", "second", false);
  const std::string secret = "test/secret+key";
  const std::string shared = "[default]\naws_access_key_id = TESTKEY\naws_secret_access_key = " + secret + "\n";
  write_text(tiny_.folder() / "shared_credentials", shared);
  const std::string more =
      "[[checkpoint.backend]]\ntype = \"s3\"\nurl = \"s3://bucket/others\"\nregion = \"eu-test-1\"\nendpoint = \"" +
      server_.address() + "\"\n";
  write_text(tiny_.folder() / "sites/file.toml", read_text(tiny_.folder() / "sites/file.toml") + more);
  std::string said;
  const auto run = [&](const std::string& name, const std::string& site, const Surroundings& surroundings) {
    const Ended end = run_cairn(tiny_.folder(), tiny_.train(name, {"--site", site}), surroundings);
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    const Ended bad =
        run_cairn(tiny_.folder(), {"snapshots", "show", name, "--pipeline", "tiny.toml", "--site", site}, surroundings);
    said += end.output + end.errors + bad.output + bad.errors;
  };
  run("env", "environment", {});
  Surroundings from_file;
  from_file.environment["AWS_SHARED_CREDENTIALS_FILE"] = (tiny_.folder() / "shared_credentials").string();
  run("file", "file", from_file);
  server_.control("POST", "settings", R"({"forbidden":["put_object","get_object","list_objects"]})");
  const Ended refused = cairn({"doctor", "tiny.toml", "--site", "environment"});
  EXPECT_EQ(refused.exit_code, 1);
  said += refused.output + refused.errors;
  EXPECT_THAT(said, Not(HasSubstr(secret)));
  size_t files = 0;
  for (const auto& [path, bytes] : files_below(tiny_.folder())) {
    ++files;
    if (path.filename() == "shared_credentials") continue;
    EXPECT_EQ(bytes.find(secret), std::string::npos) << path;
  }
  EXPECT_GT(files, 10u);
  // Manifests and tables are compressed: what they say is asked for.
  for (const char* store : {"first", "second"}) {
    const std::string dumped = tiny_.folder() / store;
    const Ended shown = cairn({"snapshots", "list", "--store", dumped, "--all", "--json"});
    EXPECT_THAT(shown.output, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace cairn::test
