// Where the S3 backend finds its keys, and what it says of them.
#include "plugins/backends/s3_fixture.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::HasSubstr;
using S3CredentialsTest = test::S3Test;

TEST_F(S3CredentialsTest, NamesTheMissingPermission) {
  const auto store = make();
  server_->fault(R"({"method":"PUT","key":"/k","do":"deny"})");
  EXPECT_THAT(message_of([&] { store->put("k", as_bytes("x"), PutMode::Replace); }, Code::PermissionDenied),
              HasSubstr("need the permission s3:PutObject"));
  EXPECT_EQ(server_->count("\"method\": \"PUT\""), 1u) << "it is final";
}

TEST_F(S3CredentialsTest, AsksForKeysAgainWhenTheyHaveExpired) {
  for (const char* name : {"key_id_env", "secret_key_env"}) params_.erase(name);
  setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", (server_->address() + "/-/container").c_str(), 1);
  setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "container-token", 1);
  const auto store = make();
  server_->fault(R"({"method":"PUT","key":"/k","do":"expired"})");
  store->put("k", as_bytes("x"), PutMode::Replace);
  EXPECT_EQ(as_text(*store->get("k")), "x");
}

TEST_F(S3CredentialsTest, FindsKeysWhereverTheyAreKept) {
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

TEST_F(S3CredentialsTest, SaysWhereItLookedForKeys) {
  for (const char* name : {"key_id_env", "secret_key_env"}) params_.erase(name);
  const std::string text = message_of([&] { make()->get("k"); }, Code::FailedPrecondition);
  EXPECT_THAT(text, HasSubstr("AWS_ACCESS_KEY_ID"));
  EXPECT_THAT(text, HasSubstr("anonymous = true"));
}

TEST_F(S3CredentialsTest, NeverSaysASecret) {
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

}  // namespace
}  // namespace cairn
