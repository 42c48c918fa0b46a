// The S3 backend against the strict server: everything that goes wrong on the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/probe.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "support/backends.h"
#include "support/keeping_log.h"
#include "support/s3_server.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::HasSubstr;

// Variables that a developer's machine may have set.
void forget_variables() {
  for (const char* name :
       {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION",
        "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS", "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONFIG_FILE"}) {
    unsetenv(name);
  }
  setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  setenv("HOME", "/nonexistent", 1);
}

class S3Test : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    forget_variables();
    server_ = new test::S3Server;
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    forget_variables();
    server_->control("DELETE", "faults");
    server_->control("DELETE", "requests");
    server_->control(
        "POST", "settings",
        R"({"conditional":"atomic","clock":0,"forbidden":[],"min_part":4096,"max_keys":1000,"region":"eu-test-1"})");
    params_ = server_->params(testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  std::unique_ptr<Backend> make() { return test::s3_backend(params_, &log_); }
  std::unique_ptr<Backend> with_parts() {
    params_["part_size"] = int64_t{8192};
    params_["multipart_from"] = int64_t{16384};
    return make();
  }
  static std::string large() {
    std::string text(100000, 'a');
    for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 8192) % 26);
    return text;
  }
  static std::string message_of(const std::function<void()>& act, Code code) {
    try {
      act();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  static test::S3Server* server_;
  Table params_;
  test::KeepingLog log_;
};
test::S3Server* S3Test::server_ = nullptr;

TEST_F(S3Test, TriesAgainAfterEveryPassingTrouble) {
  const auto store = make();
  for (const char* trouble :
       {"status:503:SlowDown", "status:500:InternalError", "status:429:TooManyRequests", "status:408:RequestTimeout",
        "drop-before", "drop-after", "garbage", "status:409:OperationAborted"}) {
    server_->fault(cat(R"({"method":"PUT","key":"/k","do":")", trouble, "\"}"));
    store->put("k", as_bytes(trouble), PutMode::Replace);
    server_->fault(cat(R"({"method":"GET","key":"/k","do":")", trouble, "\"}"));
    EXPECT_EQ(as_text(*store->get("k")), trouble);
  }
}

TEST_F(S3Test, ReadsAgainWhatWasCutOff) {
  const auto store = make();
  store->put("k", as_bytes(large()), PutMode::Replace);
  server_->fault(R"({"method":"GET","key":"/k","do":"cut"})");
  EXPECT_EQ(as_text(*store->get("k")), large());
}

TEST_F(S3Test, ReadsALargeObjectInPiecesEachOfWhichMayFail) {
  const auto store = make();
  std::string text(13u << 20, 'a');
  for (size_t i = 0; i < text.size(); i += 997) text[i] = static_cast<char>('a' + i % 26);
  store->put("k", as_bytes(text), PutMode::Replace);
  server_->control("DELETE", "requests");
  for (const char* trouble : {"cut", "status:503:SlowDown", "error200", "drop-before"})
    server_->fault(cat(R"({"method":"GET","key":"/k","skip":1,"do":")", trouble, "\"}"));
  EXPECT_EQ(as_text(*store->get("k")), text);
  EXPECT_GE(server_->count("\"method\": \"GET\""), 4u + 4);
  EXPECT_EQ(as_text(*store->get("k", {100, 5u << 20})), text.substr(100, 5u << 20));
  server_->fault(R"({"method":"GET","key":"/k","skip":1,"do":"status:412:PreconditionFailed"})");
  EXPECT_THROW(store->get("k"), Error) << "somebody replaced it";
}

TEST_F(S3Test, WinsARaceWhoseFirstAnswerWasLost) {
  const auto store = make();
  store->capabilities();
  server_->fault(R"({"method":"PUT","key":"/mine","do":"drop-after"})");
  EXPECT_EQ(store->put("mine", as_bytes("x"), PutMode::IfAbsent), PutResult::Written);
  store->put("theirs", as_bytes("y"), PutMode::Replace);
  server_->fault(R"({"method":"PUT","key":"/theirs","do":"drop-before"})");
  EXPECT_EQ(store->put("theirs", as_bytes("x"), PutMode::IfAbsent), PutResult::Existed);
}

TEST_F(S3Test, GivesUpWithPhaseHostAndAttempts) {
  params_["give_up"] = 1.0;
  const auto store = make();
  server_->fault(R"({"method":"GET","key":"/k","times":100,"do":"status:503:SlowDown"})");
  const std::string text = message_of([&] { store->get("k"); }, Code::Unavailable);
  EXPECT_THAT(text, HasSubstr("GetObject of s3://bucket/"));
  EXPECT_THAT(text, HasSubstr("127.0.0.1"));
  EXPECT_THAT(text, HasSubstr("attempts: status 503 SlowDown"));
}

TEST_F(S3Test, NamesTheMissingPermission) {
  const auto store = make();
  server_->fault(R"({"method":"PUT","key":"/k","do":"deny"})");
  EXPECT_THAT(message_of([&] { store->put("k", as_bytes("x"), PutMode::Replace); }, Code::PermissionDenied),
              HasSubstr("need the permission s3:PutObject"));
  EXPECT_EQ(server_->count("\"method\": \"PUT\""), 1u) << "it is final";
}

TEST_F(S3Test, TakesTheServersClockWhenItsOwnIsWrong) {
  server_->control("POST", "settings", R"({"clock":-7200})");
  const auto store = make();
  store->put("k", as_bytes("x"), PutMode::Replace);
  EXPECT_THAT(log_.text(), HasSubstr("clock differs by"));
  EXPECT_EQ(as_text(*store->get("k")), "x");
}

TEST_F(S3Test, FindsTheRegionItself) {
  params_.erase("region");
  const auto store = make();
  store->put("k", as_bytes("x"), PutMode::Replace);
  server_->control("DELETE", "requests");
  EXPECT_EQ(as_text(*store->get("k")), "x");
  EXPECT_EQ(server_->count("\"method\""), 1u) << "and remembers it";
}

TEST_F(S3Test, FollowsARedirectInsideTheDomainOnly) {
  const test::S3Server other;
  const auto store = make();
  server_->fault(cat(R"({"method":"PUT","key":"/k","do":"redirect:)", other.address(), "\"}"));
  store->put("k", as_bytes("x"), PutMode::Replace);
  EXPECT_THAT(other.control("GET", "objects?bucket=bucket"), HasSubstr("/k"));
  const auto fresh = make();
  server_->fault(R"({"method":"PUT","key":"/k","do":"redirect:http://elsewhere.example"})");
  EXPECT_THAT(message_of([&] { fresh->put("k", as_bytes("x"), PutMode::Replace); }, Code::FailedPrecondition),
              HasSubstr("outside of its domain"));
}

TEST_F(S3Test, AsksForKeysAgainWhenTheyHaveExpired) {
  for (const char* name : {"key_id_env", "secret_key_env"}) params_.erase(name);
  setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", (server_->address() + "/-/container").c_str(), 1);
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token", 1);
  const auto store = make();
  server_->fault(R"({"method":"PUT","key":"/k","do":"expired"})");
  store->put("k", as_bytes("x"), PutMode::Replace);
  EXPECT_EQ(as_text(*store->get("k")), "x");
}

TEST_F(S3Test, FindsKeysWhereverTheyAreKept) {
  for (const char* name : {"key_id_env", "secret_key_env"}) params_.erase(name);
  const test::TempFolder folder;
  const auto works = [&](const char* source) {
    make()->put("k", as_bytes("x"), PutMode::Replace);
    forget_variables();
    EXPECT_EQ(log_.text(), "") << source;
  };
  setenv("AWS_ACCESS_KEY_ID", "TESTKEY", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "test/secret+key", 1);
  works("environment");
  test::write_text(folder / "credentials",
                   "[other]\naws_access_key_id = TESTKEY\naws_secret_access_key = test/secret+key\n");
  setenv("AWS_SHARED_CREDENTIALS_FILE", (folder / "credentials").c_str(), 1);
  setenv("AWS_PROFILE", "other", 1);
  works("file");
  test::write_text(folder / "token", "web+token/=\n");
  setenv("AWS_ROLE_ARN", "arn:role", 1);
  setenv("AWS_WEB_IDENTITY_TOKEN_FILE", (folder / "token").c_str(), 1);
  setenv("AWS_ENDPOINT_URL_STS", (server_->address() + "/-/sts").c_str(), 1);
  works("web identity");
  unsetenv("AWS_EC2_METADATA_DISABLED");
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", (server_->address() + "/-").c_str(), 1);
  works("instance");
  params_["credential_command"] = List{"echo", R"({"AccessKeyId":"TESTKEY","SecretAccessKey":"test/secret+key"})"};
  works("command");
}

TEST_F(S3Test, SaysWhereItLookedForKeys) {
  for (const char* name : {"key_id_env", "secret_key_env"}) params_.erase(name);
  const std::string text = message_of([&] { make()->get("k"); }, Code::FailedPrecondition);
  EXPECT_THAT(text, HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(text, HasSubstr("anonymous = true"));
}

TEST_F(S3Test, NeverSaysASecret) {
  params_["give_up"] = 0.0;
  const auto store = make();
  std::string all;
  for (const char* trouble : {"deny", "status:400:SignatureDoesNotMatch", "drop-before", "status:503:SlowDown"}) {
    server_->fault(cat(R"({"key":"/k","do":")", trouble, "\"}"));
    try {
      store->get("k");
      FAIL();
    } catch (const Error& error) {
      all += error.what();
    }
  }
  all += log_.text() + store->describe();
  for (const char* secret : {"test/secret+key", "TESTKEY", "Signature=", "session//token"})
    EXPECT_THAT(all, testing::Not(HasSubstr(secret)));
}

TEST_F(S3Test, SendsLargeObjectsInEqualParts) {
  const auto store = with_parts();
  store->put("k", as_bytes(large()), PutMode::IfAbsent);
  EXPECT_EQ(as_text(*store->get("k")), large());
  EXPECT_EQ(server_->count("\"partNumber\""), 13u);
  EXPECT_EQ(server_->control("GET", "uploads"), "[]");
  EXPECT_EQ(store->put("k", as_bytes(large()), PutMode::IfAbsent), PutResult::Existed);
}

TEST_F(S3Test, OneOfManyWritersOfALargeObjectWins) {
  for (const bool complete : {true, false}) {
    server_->control("POST", "settings",
                     complete ? R"({"conditional_complete":true})" : R"({"conditional_complete":false})");
    const std::string key = complete ? "atomic" : "checked";
    EXPECT_TRUE(make()->capabilities().conditional_put);
    std::atomic<int> written{0};
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&, i, store = std::shared_ptr<Backend>(with_parts())] {
        if (store->put(key, as_bytes(large() + std::to_string(i)), PutMode::IfAbsent) == PutResult::Written) ++written;
      });
    }
    for (std::thread& each : writers) each.join();
    EXPECT_GE(written, 1);
    EXPECT_LE(written, complete ? 1 : 4);
    EXPECT_EQ(server_->control("GET", "uploads"), "[]");
    EXPECT_EQ(as_text(*make()->get(key)).size(), large().size() + 1);
  }
  server_->control("POST", "settings", R"({"conditional_complete":true})");
}

TEST_F(S3Test, TellsItsOwnLargeObjectFromAnothersAfterALostAnswer) {
  const auto store = with_parts();
  server_->fault(R"({"method":"POST","query":"uploadId","do":"drop-after"})");
  EXPECT_EQ(store->put("k", as_bytes(large()), PutMode::IfAbsent), PutResult::Written);
  EXPECT_EQ(as_text(*store->get("k")), large());
}

TEST_F(S3Test, IsNotDeceivedByAnErrorWithGoodStatus) {
  const auto store = with_parts();
  for (const char* trouble : {"error200", "error200-after", "drop-after", "status:503:SlowDown"}) {
    server_->fault(cat(R"({"method":"POST","query":"uploadId","do":")", trouble, "\"}"));
    store->put("k", as_bytes(large() + trouble), PutMode::Replace);
    EXPECT_EQ(as_text(*store->get("k")), large() + trouble);
  }
}

TEST_F(S3Test, RemovesWhatItCannotFinish) {
  const auto store = with_parts();
  server_->fault(R"({"method":"PUT","query":"partNumber","skip":3,"do":"deny"})");
  EXPECT_THROW(store->put("k", as_bytes(large()), PutMode::Replace), Error);
  EXPECT_EQ(server_->control("GET", "uploads"), "[]");
  EXPECT_FALSE(store->stat("k"));
}

TEST_F(S3Test, GoesOnWithAnUploadAfterTrouble) {
  params_["give_up"] = 0.0;
  params_["connections"] = int64_t{1};
  const auto store = with_parts();
  server_->fault(R"({"method":"PUT","query":"partNumber","skip":6,"times":100,"do":"status:503:SlowDown"})");
  EXPECT_THROW(store->put("k", as_bytes(large()), PutMode::Replace), Error);
  server_->control("DELETE", "faults");
  server_->control("DELETE", "requests");
  with_parts()->put("k", as_bytes(large()), PutMode::Replace);
  EXPECT_EQ(server_->count("\"partNumber\""), 7u);
  EXPECT_EQ(as_text(*store->get("k")), large());
  EXPECT_EQ(server_->control("GET", "uploads"), "[]");
}

TEST_F(S3Test, GoesOnOnlyWithPartsOfItsOwnBytes) {
  params_["give_up"] = 0.0;
  params_["connections"] = int64_t{1};
  const auto store = with_parts();
  std::string other = large();
  other[8192 + 5000] = '!';
  const auto interrupted = [&](const std::string& text, const char* fault) {
    server_->fault(fault);
    EXPECT_THROW(store->put("k", as_bytes(text), PutMode::Replace), Error);
    server_->control("DELETE", "faults");
  };
  interrupted(large(), R"({"method":"PUT","query":"partNumber","skip":3,"times":1000,"do":"drop-before"})");
  // The server gets another second part than the journal knows.
  interrupted(other, R"({"method":"PUT","query":"partNumber","times":1000,"do":"drop-after"})");
  server_->control("DELETE", "requests");
  store->put("k", as_bytes(large()), PutMode::Replace);
  EXPECT_EQ(server_->count("\"partNumber\""), 13u - 2);
  EXPECT_EQ(as_text(*store->get("k")), large());
  store->put("k", as_bytes(other), PutMode::Replace);
  EXPECT_EQ(as_text(*store->get("k")), other);
}

TEST_F(S3Test, ContinuesAnUploadWithOnePartAtATime) {
  params_["give_up"] = 0.0;
  const auto store = with_parts();
  for (const size_t parts : {0u, 2u}) {
    server_->fault(
        cat(R"({"method":"PUT","query":"partNumber","skip":)", parts, R"(,"times":100,"do":"status:503:X"})"));
    for (const bool again : {false, true}) {
      server_->control("DELETE", "requests");
      EXPECT_THROW(store->put("k", as_bytes(large()), PutMode::Replace), Error);
      EXPECT_TRUE(!again || server_->count("\"partNumber\"") == 1) << parts;
    }
    server_->control("DELETE", "faults");
  }
  store->put("k", as_bytes(large()), PutMode::Replace);
}

// The process is killed while parts are on their way, again and again. Each time four have arrived since the last, of
// which at most one for each stream is sent again.
TEST_F(S3Test, SendsLittleAgainWhenItIsKilledOverAndOver) {
  const std::string faulty = "\"fault\": \"status", part = "\"partNumber\"";
  const size_t kills = 5, parts = 25, streams = 2;
  params_["connections"] = static_cast<int64_t>(streams);
  params_["part_size"] = int64_t{4096};
  params_["multipart_from"] = int64_t{16384};
  make();
  for (size_t i = 0; i < kills; ++i) {
    const size_t before = server_->count(faulty);
    server_->fault(R"({"method":"PUT","query":"partNumber","skip":4,"times":1000,"do":"status:503:SlowDown"})");
    const pid_t child = fork();
    if (child == 0) {
      try {
        make()->put("k", as_bytes(large()), PutMode::Replace);
      } catch (const Error&) {
      }
      _exit(0);
    }
    server_->wait_for(faulty, before + streams);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    server_->control("DELETE", "faults");
  }
  make()->put("k", as_bytes(large()), PutMode::Replace);
  EXPECT_LE(server_->count(part) - server_->count(faulty), parts + streams * kills);
  EXPECT_EQ(as_text(*make()->get("k")), large());
  EXPECT_EQ(server_->control("GET", "uploads"), "[]");
}

TEST_F(S3Test, BeginsAnewWhenTheUploadIsGone) {
  params_["give_up"] = 0.0;
  const auto store = with_parts();
  server_->fault(R"({"method":"PUT","query":"partNumber","skip":6,"times":100,"do":"status:503:SlowDown"})");
  EXPECT_THROW(store->put("k", as_bytes(large()), PutMode::Replace), Error);
  server_->control("DELETE", "faults");
  server_->fault(R"({"method":"GET","query":"uploadId","do":"status:404:NoSuchUpload"})");
  store->put("k", as_bytes(large()), PutMode::Replace);
  EXPECT_EQ(as_text(*store->get("k")), large());
}

TEST_F(S3Test, FindsOutWhatAConditionalPutIsWorth) {
  EXPECT_TRUE(make()->capabilities().conditional_put);
  server_->control("DELETE", "requests");
  EXPECT_TRUE(make()->capabilities().leases);
  EXPECT_EQ(server_->count("\"method\""), 1u) << "the next process reads what the first one found";
  for (const char* kind : {"ignored", "unsupported"}) {
    server_->control("POST", "settings", cat(R"({"conditional":")", kind, "\"}"));
    params_["url"] = cat("s3://bucket/", kind);
    const auto store = make();
    EXPECT_FALSE(store->capabilities().conditional_put) << kind;
    EXPECT_THAT(log_.text(), HasSubstr("no conditional put"));
    EXPECT_EQ(store->put("k", as_bytes("1"), PutMode::IfAbsent), PutResult::Written);
    EXPECT_EQ(store->put("k", as_bytes("2"), PutMode::IfAbsent), PutResult::Existed);
  }
  server_->control("POST", "settings", R"({"conditional":"oss"})");
  params_["url"] = "s3://bucket/oss";
  const auto store = make();
  EXPECT_TRUE(store->capabilities().conditional_put);
  EXPECT_EQ(store->put("k", as_bytes("1"), PutMode::IfAbsent), PutResult::Written);
  EXPECT_EQ(store->put("k", as_bytes("2"), PutMode::IfAbsent), PutResult::Existed);
}

TEST_F(S3Test, ProvesWhatTheHostCannotSee) {
  const auto store = make();
  auto* probe = static_cast<BackendProbe*>(store->extension("cairn.probe/1"));
  ASSERT_NE(probe, nullptr);
  std::string found;
  for (const Proof& proof : probe->proofs()) found += proof.what + ": " + proof.look() + "\n";
  EXPECT_THAT(found, HasSubstr("conditional put: if-none-match"));
  EXPECT_THAT(found, HasSubstr("sending in parts: of 8 MiB"));
  server_->control("POST", "settings", R"({"forbidden":["list_parts"]})");
  EXPECT_THAT(message_of([&] { probe->proofs().back().look(); }, Code::PermissionDenied),
              HasSubstr("s3:ListMultipartUploadParts"));
}

TEST_F(S3Test, BoundsAnswersThatNeverEnd) {
  const auto store = make();
  server_->fault(R"({"method":"GET","do":"big"})");
  params_["give_up"] = 0.0;
  EXPECT_THROW(make()->list("", ""), Error);
  server_->fault(R"({"method":"GET","do":"doctype"})");
  EXPECT_THROW(make()->list("", ""), Error);
}

TEST_F(S3Test, SendsWhatTheOptionsSay) {
  params_["encryption"] = "AES256";
  params_["storage_class"] = "STANDARD_IA";
  const auto store = with_parts();
  store->put("small", as_bytes("x"), PutMode::Replace);
  store->put("large", as_bytes(large()), PutMode::Replace);
  const std::string objects = server_->control("GET", "objects?bucket=bucket");
  for (const char* key : {"SendsWhatTheOptionsSay/small", "SendsWhatTheOptionsSay/large"}) {
    const std::string one = objects.substr(objects.find(key), 400);
    EXPECT_THAT(one.substr(0, one.find('}')), HasSubstr("AES256"));
    EXPECT_THAT(one.substr(0, one.find('}')), HasSubstr("STANDARD_IA"));
  }
}

TEST_F(S3Test, PutsTheBucketIntoTheHostsNameWhenAsked) {
  params_["addressing"] = "virtual";
  std::string address = server_->address();
  params_["endpoint"] = "http://localhost" + address.substr(address.rfind(':'));
  const auto store = make();
  store->put("k", as_bytes("x"), PutMode::Replace);
  EXPECT_EQ(as_text(*store->get("k")), "x");
}

TEST_F(S3Test, RefusesParametersThatCannotWork) {
  for (const char* url : {"", "bucket/x", "s3://", "s3://ab", "s3://bucket/../x", "s3://bucket/a b", "http://bucket"}) {
    params_["url"] = url;
    EXPECT_THAT(message_of([&] { make(); }, Code::InvalidArgument), HasSubstr("expected s3://BUCKET")) << url;
  }
  params_["url"] = "s3://bucket";
  params_["endpoint"] = "http://example.com";
  EXPECT_THAT(message_of([&] { make(); }, Code::InvalidArgument), HasSubstr("not encrypted"));
}

// Through a proxy that mistreats the connection: the object arrives whole, both ways.
TEST_F(S3Test, ArrivesWholeThroughABadNetwork) {
  for (const char* toxic : {"latency:5", "bandwidth:1000000", "slicer:700", "reset:20000:3", "limit:20000:3", "down:3",
                            "timeout:1", "reset:100:2"}) {
    const test::ChildServer proxy("toxic_proxy.py", {std::to_string(server_->port()), toxic});
    params_["endpoint"] = cat("http://127.0.0.1:", proxy.port());
    std::string prefix = toxic;
    std::replace(prefix.begin(), prefix.end(), ':', '-');
    params_["url"] = "s3://bucket/" + prefix;
    params_["stall_timeout"] = 1.0;
    params_["give_up"] = 30.0;
    const auto store = with_parts();
    store->put("k", as_bytes(large()), PutMode::IfAbsent);
    EXPECT_EQ(as_text(*store->get("k")), large()) << toxic;
    EXPECT_EQ(store->put("small", as_bytes("x"), PutMode::IfAbsent), PutResult::Written) << toxic;
    EXPECT_EQ(store->put("small", as_bytes("y"), PutMode::IfAbsent), PutResult::Existed) << toxic;
    EXPECT_EQ(store->list("", "").keys.size(), 2u) << toxic;
  }
}

TEST_F(S3Test, EndsAtOnceWhenTheRunDoes) {
  std::atomic<bool> stop = false;
  params_["give_up"] = 3600.0;
  const auto store = test::s3_backend(params_, &log_, &stop);
  server_->fault(R"({"method":"GET","key":"/k","times":1000,"do":"status:503:SlowDown"})");
  std::thread stopper([&] {
    server_->wait_for("\"fault\": \"status", 1);
    stop = true;
  });
  message_of([&] { store->get("k"); }, Code::Cancelled);
  stopper.join();
}

}  // namespace
}  // namespace cairn
