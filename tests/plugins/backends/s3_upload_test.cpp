// Objects that the S3 backend sends in parts, whatever interrupts it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "plugins/backends/s3_fixture.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::HasSubstr;
using S3UploadTest = test::S3Test;

TEST_F(S3UploadTest, SendsLargeObjectsInEqualParts) {
  const auto store = with_parts();
  store->put("k", as_bytes(large()), PutMode::IfAbsent);
  EXPECT_EQ(as_text(*store->get("k")), large());
  EXPECT_EQ(server_->count("\"partNumber\""), 13u);
  EXPECT_EQ(server_->control("GET", "uploads"), "[]");
  EXPECT_EQ(store->put("k", as_bytes(large()), PutMode::IfAbsent), PutResult::Existed);
}

TEST_F(S3UploadTest, OneOfManyWritersOfALargeObjectWins) {
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

TEST_F(S3UploadTest, TellsItsOwnLargeObjectFromAnothersAfterALostAnswer) {
  const auto store = with_parts();
  server_->fault(R"({"method":"POST","query":"uploadId","do":"drop-after"})");
  EXPECT_EQ(store->put("k", as_bytes(large()), PutMode::IfAbsent), PutResult::Written);
  EXPECT_EQ(as_text(*store->get("k")), large());
}

TEST_F(S3UploadTest, SendsWithoutAJournalWhereNoneCanBeWritten) {
  params_["uploads_folder"] = std::string("/proc/nowhere");
  const auto store = with_parts();
  EXPECT_EQ(store->put("packs/k", as_bytes(large()), PutMode::IfAbsent), PutResult::Written);
  EXPECT_EQ(as_text(*store->get("packs/k")), large());
  EXPECT_THAT(log_.text(), HasSubstr("the journal of an upload cannot be written"));
}

TEST_F(S3UploadTest, IsNotDeceivedByAnErrorWithGoodStatus) {
  const auto store = with_parts();
  for (const char* trouble : {"error200", "error200-after", "drop-after", "status:503:SlowDown"}) {
    server_->fault(cat(R"({"method":"POST","query":"uploadId","do":")", trouble, "\"}"));
    store->put("k", as_bytes(large() + trouble), PutMode::Replace);
    EXPECT_EQ(as_text(*store->get("k")), large() + trouble);
  }
}

TEST_F(S3UploadTest, RemovesWhatItCannotFinish) {
  const auto store = with_parts();
  server_->fault(R"({"method":"PUT","query":"partNumber","skip":3,"do":"deny"})");
  EXPECT_THROW(store->put("k", as_bytes(large()), PutMode::Replace), Error);
  EXPECT_EQ(server_->control("GET", "uploads"), "[]");
  EXPECT_FALSE(store->stat("k"));
}

TEST_F(S3UploadTest, GoesOnWithAnUploadAfterTrouble) {
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

TEST_F(S3UploadTest, GoesOnOnlyWithPartsOfItsOwnBytes) {
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

TEST_F(S3UploadTest, ContinuesAnUploadWithOnePartAtATime) {
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
TEST_F(S3UploadTest, SendsLittleAgainWhenItIsKilledOverAndOver) {
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

TEST_F(S3UploadTest, BeginsAnewWhenTheUploadIsGone) {
  params_["give_up"] = 0.0;
  const auto store = with_parts();
  server_->fault(R"({"method":"PUT","query":"partNumber","skip":6,"times":100,"do":"status:503:SlowDown"})");
  EXPECT_THROW(store->put("k", as_bytes(large()), PutMode::Replace), Error);
  server_->control("DELETE", "faults");
  server_->fault(R"({"method":"GET","query":"uploadId","do":"status:404:NoSuchUpload"})");
  store->put("k", as_bytes(large()), PutMode::Replace);
  EXPECT_EQ(as_text(*store->get("k")), large());
}

}  // namespace
}  // namespace cairn
