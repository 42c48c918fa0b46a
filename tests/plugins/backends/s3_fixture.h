// An S3 backend on the strict server, which is made to fail as a test says.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "support/backends.h"
#include "support/keeping_log.h"
#include "support/s3_server.h"

namespace cairn::test {

class S3Test : public testing::Test {
 protected:
  // Variables that a developer's machine may have set.
  static void forget_variables() {
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
  static void SetUpTestSuite() {
    forget_variables();
    server_ = new S3Server;
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
        R"({"conditional":"atomic","clock":0,"forbidden":[],"min_part":4096,"max_keys":1000,"empty_page":"","region":"eu-test-1"})");
    params_ = server_->params(testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  std::unique_ptr<Backend> make() { return s3_backend(params_, &log_); }
  // large() goes in 13 parts.
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
  inline static S3Server* server_ = nullptr;
  Table params_;
  KeepingLog log_;
};

}  // namespace cairn::test
