// One pipeline at several sites: stores are swapped by a small file, a run moves from one to the next, bit by bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "e2e/cairn_process.h"
#include "support/s3_server.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Sites : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("XDG_STATE_HOME", (tiny_.folder() / "state").c_str(), 1);
  }
  Ended cairn(std::vector<std::string> arguments) { return run_cairn(tiny_.folder(), std::move(arguments)); }
  void site(const std::string& name, const std::string& text) {
    write_text(tiny_.folder() / "sites" / (name + ".toml"), text);
  }
  static std::string local(const std::string& path) {
    return "[[checkpoint.backend]]\ntype = \"local\"\npath = \"" + path + "\"\n";
  }
  std::string s3(const std::string& more = "") const {
    return "[[checkpoint.backend]]\ntype = \"s3\"\nurl = \"s3://bucket/runs\"\nregion = \"eu-test-1\"\nendpoint = \"" +
           server_.address() + "\"\nkey_id_env = \"CAIRN_TEST_KEY_ID\"\nsecret_key_env = \"CAIRN_TEST_SECRET\"\n" +
           more;
  }
  std::string git_lfs(const std::string& folder) const {
    return "[[checkpoint.backend]]\ntype = \"git_lfs\"\nremote = \"" + (tiny_.folder() / "remote.git").string() +
           "\"\nfolder = \"" + folder + "\"\n";
  }
  // Of the newest snapshot in a folder.
  std::string digest(const std::string& store, const std::string& run) {
    const Ended end = cairn({"snapshots", "list", run, "--json", "--store", store});
    EXPECT_EQ(end.exit_code, 0) << end.errors;
    return nlohmann::json::parse(end.output).back()["digest"].get<std::string>();
  }
  TinyRun tiny_;
  S3Server server_;
};

TEST_F(Sites, ARunMovesFromOneToTheNextBitByBit) {
  if (std::system("git lfs version > /dev/null 2>&1") != 0) GTEST_SKIP() << "git-lfs is not installed";
  ASSERT_EQ(std::system(("git init -q --bare -b main " + (tiny_.folder() / "remote.git").string()).c_str()), 0);
  site("straight", local("straight"));
  site("first", local("first") + s3());
  site("second", local("second") + s3() + git_lfs("second.git"));
  site("third", local("third") + git_lfs("third.git"));
  const Ended straight = cairn(tiny_.train("moves", {"--site", "straight"}));
  ASSERT_EQ(straight.exit_code, 0) << straight.errors;
  fs::remove_all(tiny_.folder() / "runs");

  const Ended one = cairn(tiny_.train("moves", {"--site", "first", "--set", "run.time=0.001"}));
  ASSERT_EQ(one.exit_code, 75) << one.errors;
  for (const char* gone : {"runs", "first"}) fs::remove_all(tiny_.folder() / gone);
  const Ended two =
      cairn({"resume", "moves", "--pipeline", "tiny.toml", "--site", "second", "--set", "run.time=0.001"});
  ASSERT_EQ(two.exit_code, 75) << two.errors;
  EXPECT_THAT(two.errors, HasSubstr("resumed run 'moves'"));
  EXPECT_THAT(two.errors, HasSubstr("in S3 store s3://bucket/runs/"));
  for (const char* gone : {"runs", "second", "second.git"}) fs::remove_all(tiny_.folder() / gone);
  const Ended three = cairn(tiny_.train("moves", {"--site", "third"}));
  ASSERT_EQ(three.exit_code, 0) << three.errors;
  EXPECT_THAT(three.errors, HasSubstr("in Git LFS store"));
  const Ended tagged = cairn({"snapshots", "tag", "moves", "paper", "--pipeline", "tiny.toml", "--site", "third"});
  EXPECT_EQ(tagged.exit_code, 0) << tagged.errors;
  const std::string remote = (tiny_.folder() / "remote.git").string();
  EXPECT_EQ(std::system(("git --git-dir " + remote + " rev-parse -q --verify refs/tags/cairn/main/paper").c_str()), 0);
  EXPECT_EQ(digest("third", "moves"), digest("straight", "moves"));
}

TEST_F(Sites, AFarStoreIsReadOutOfItsCache) {
  site("straight", local("straight"));
  site("far", s3("retry = 3\ncache = \"near\"\n"));
  ASSERT_EQ(cairn(tiny_.train("runs-far", {"--site", "straight"})).exit_code, 0);
  const std::vector<std::string> whole = tiny_.journal("runs-far");
  fs::remove_all(tiny_.folder() / "runs");
  ASSERT_EQ(cairn(tiny_.train("runs-far", {"--site", "far", "--set", "run.time=0.001"})).exit_code, 75);
  uint64_t kept = 0;
  for (const auto& entry : fs::recursive_directory_iterator(tiny_.folder() / "near"))
    kept += entry.is_regular_file() ? entry.file_size() : 0;
  EXPECT_GT(kept, 100'000u);
  const Ended end = cairn(tiny_.train("runs-far", {"--site", "far"}));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_THAT(end.errors, HasSubstr("in S3 store s3://bucket/runs/"));
  EXPECT_EQ(tiny_.journal("runs-far"), whole);
  std::istringstream rows(read_text(tiny_.folder() / "runs/runs-far/metrics.jsonl"));
  nlohmann::json last;
  for (std::string row; std::getline(rows, row);) last = nlohmann::json::parse(row);
  EXPECT_LT(last.at("measured").at("store/1/got_bytes").get<double>(), static_cast<double>(kept) / 2) << last;
}

TEST_F(Sites, AMirrorKeepsByItsOwnPolicyWhichADryRunShows) {
  site("two", local("here") + local("there") + "[checkpoint.backend.keep]\nlast = 1\nevery_epochs = 2\n");
  const Ended end = cairn(tiny_.train("kept", {"--site", "two", "--set", "checkpoint.every=[\"1 epoch\"]"}));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  const auto count = [&](const std::string& store) {
    return nlohmann::json::parse(cairn({"snapshots", "list", "kept", "--json", "--store", store}).output).size();
  };
  EXPECT_EQ(count("there"), 2u);  // the second of the three epochs, and the newest
  EXPECT_GT(count("here"), 2u);
  EXPECT_EQ(digest("there", "kept"), digest("here", "kept"));
  const size_t before = count("here");
  const Ended dry = cairn({"snapshots", "forget", "kept", "--policy", "--dry-run"});
  ASSERT_EQ(dry.exit_code, 0) << dry.errors;
  EXPECT_THAT(dry.output, HasSubstr("here:\n"));
  EXPECT_THAT(dry.output, HasSubstr("there:\n"));
  EXPECT_THAT(dry.output, HasSubstr("every so many epochs"));
  EXPECT_EQ(count("here"), before);
  EXPECT_EQ(cairn({"snapshots", "verify", "kept", "--store", "there"}).exit_code, 0);
}

TEST_F(Sites, AMirrorThatIsAwayDecidesTheExitCodeWhenItIsRequired) {
  site("here", local("here") + s3("give_up = 0\n"));
  site("optional", local("optional") + s3("give_up = 0\nrequired = false\n"));
  const Ended first = cairn(tiny_.train("away", {"--site", "here", "--set", "run.time=0.001"}));
  ASSERT_EQ(first.exit_code, 75) << first.errors;
  server_.control("POST", "settings", R"({"forbidden":["put_object"]})");
  const Ended behind = cairn(tiny_.train("away", {"--site", "here"}));
  EXPECT_EQ(behind.exit_code, 3) << behind.errors;
  EXPECT_THAT(behind.errors, HasSubstr("s3:PutObject"));
  const std::string rows = read_text(tiny_.folder() / "runs/away/metrics.jsonl");
  const auto last = nlohmann::json::parse(rows.substr(rows.rfind('\n', rows.size() - 2) + 1)).at("measured");
  EXPECT_GT(last.at("mirror/2/waiting"), 0);
  EXPECT_GT(last.at("mirror/2/behind_seconds"), 0);
  EXPECT_EQ(last.at("mirror/2/received_bytes"), 0);
  const std::vector<std::string> list{"snapshots", "list", "away", "--pipeline", "tiny.toml", "--site", "here"};
  EXPECT_THAT(cairn(list).output, ::testing::MatchesRegex("(.|\n)*local  (.|\n)*"));
  server_.control("POST", "settings", R"({"forbidden":[]})");
  const Ended status = cairn({"store", "status", "--pipeline", "tiny.toml", "--site", "here"});
  EXPECT_THAT(status.output, HasSubstr("lacks"));
  const Ended later = cairn(tiny_.train("away", {"--site", "here"}));
  EXPECT_EQ(later.exit_code, 0) << later.errors;
  EXPECT_THAT(cairn({"store", "status", "--pipeline", "tiny.toml", "--site", "here"}).output,
              ::testing::Not(HasSubstr("lacks")));
  const Ended listed = cairn(list);
  EXPECT_EQ(listed.exit_code, 0) << listed.errors;
  EXPECT_THAT(listed.output, ::testing::Not(HasSubstr("local  ")));
  EXPECT_THAT(listed.output, HasSubstr("replicated  "));
  std::vector<std::string> verify{"snapshots", "verify", "away", "--mirrors"};
  verify.insert(verify.end(), list.begin() + 3, list.end());
  const Ended verified = cairn(verify);
  EXPECT_EQ(verified.exit_code, 0) << verified.errors;
  EXPECT_THAT(verified.output, HasSubstr("S3 store s3://bucket/runs/:\n"));
  EXPECT_THAT(cairn(list).output, ::testing::Not(HasSubstr("replicated  ")));
  // A bit that flips in the local store is healed from the bucket.
  for (const auto& each : fs::recursive_directory_iterator(tiny_.folder() / "here/packs")) {
    if (!each.is_regular_file()) continue;
    fs::permissions(each.path(), fs::perms::owner_write, fs::perm_options::add);
    std::string bytes = read_text(each.path());
    bytes[bytes.size() / 2] ^= 1;
    write_text(each.path(), bytes);
    break;
  }
  const Ended repaired = cairn({"store", "repair", "--pipeline", "tiny.toml", "--site", "here"});
  EXPECT_EQ(repaired.exit_code, 0) << repaired.errors;
  EXPECT_THAT(repaired.output, HasSubstr("healed from the S3 store"));
  EXPECT_EQ(cairn({"snapshots", "verify", "away", "--store", "here"}).exit_code, 0);
}

// Killed while it trains, encodes and uploads, at moments that the bucket's requests decide.
TEST_F(Sites, KillsWhileMirroringLoseNothing) {
  const int kills = std::getenv("CAIRN_TEST_ALL") != nullptr ? 40 : 4;
  site("straight", local("straight"));
  site("here", local("here") + s3("part_size = 5242880\n"));
  site("bucket", local("fresh") + s3());
  ASSERT_EQ(cairn(tiny_.train("straight", {"--site", "straight"})).exit_code, 0);
  std::string run = "killed-0";
  int killed = 0, ended = 0;
  for (int i = 0; killed < kills; ++i) {
    server_.control("DELETE", "requests");
    CairnProcess process(tiny_.folder(), tiny_.train(run, {"--site", "here"}));
    const size_t wanted = 3 + static_cast<size_t>(i * 7 % 13);
    process.wait_until([&] { return server_.count("\"method\": \"PUT\"") >= wanted; });
    process.signal(SIGKILL);
    const Ended end = process.wait();
    if (end.signal == SIGKILL) {
      ++killed;
      continue;
    }
    ASSERT_EQ(end.exit_code, 0) << end.errors;
    EXPECT_EQ(digest("here", run), digest("straight", "straight"));
    run = cat("killed-", ++ended);
  }
  const Ended end = cairn(tiny_.train(run, {"--site", "here"}));
  ASSERT_EQ(end.exit_code, 0) << end.errors;
  EXPECT_EQ(digest("here", run), digest("straight", "straight"));
  // The bucket alone has it, too.
  fs::remove_all(tiny_.folder() / "here");
  fs::remove_all(tiny_.folder() / "runs");
  const Ended alone = cairn({"resume", run, "--pipeline", "tiny.toml", "--site", "bucket"});
  EXPECT_EQ(alone.exit_code, 0) << alone.errors;
  EXPECT_THAT(alone.errors, HasSubstr("in S3 store"));
  EXPECT_EQ(digest("fresh", run), digest("straight", "straight"));
}

TEST_F(Sites, StoreInitAndDoctorNameTheMissingPermission) {
  site("here", local("here") + s3("give_up = 0\n"));
  const std::vector<std::string> init{"store", "init", "--pipeline", "tiny.toml", "--site", "here"};
  const Ended good = cairn(init);
  EXPECT_EQ(good.exit_code, 0) << good.errors << good.output;
  EXPECT_THAT(good.output, HasSubstr("ok   conditional put: if-none-match"));
  EXPECT_THAT(good.output, HasSubstr("ok   sending in parts"));
  server_.control("POST", "settings", R"({"forbidden":["list_objects"]})");
  const Ended bad = cairn(init);
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.output, HasSubstr("FAIL list: "));
  EXPECT_THAT(bad.output, HasSubstr("s3:ListBucket"));
  const Ended doctor = cairn({"doctor", "tiny.toml", "--site", "here"});
  EXPECT_EQ(doctor.exit_code, 1);
  EXPECT_THAT(doctor.output, HasSubstr("s3:ListBucket"));
  EXPECT_THAT(good.output + bad.output + bad.errors + doctor.output + doctor.errors,
              ::testing::Not(HasSubstr("test/secret+key")));
}

}  // namespace
}  // namespace cairn::test
