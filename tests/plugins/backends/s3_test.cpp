// The S3 backend against the strict server: everything that goes wrong on the way.
#include <cairn/probe.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "plugins/backends/s3_fixture.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using test::S3Test;
using testing::HasSubstr;

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

TEST_F(S3Test, TakesNoEmptyPageForTheEndOfAListing) {
  const auto store = make();
  store->put("a", as_bytes("x"), PutMode::Replace);
  store->put("b", as_bytes("x"), PutMode::Replace);
  server_->control("POST", "settings", R"({"empty_page":"token"})");
  EXPECT_EQ(store->list("").keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(store->list("", "b").keys, std::vector<std::string>{"b"});
  server_->control("POST", "settings", R"({"empty_page":"no token"})");
  EXPECT_THAT(message_of([&] { store->list(""); }, Code::Unavailable), HasSubstr("says that more follows"));
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
