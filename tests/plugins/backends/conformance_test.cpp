// What every backend promises. A backend joins by one line in the list at the end; tests of an ability run where it is
// declared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

#include "support/backends.h"
#include "support/files.h"
#include "support/s3_server.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::ElementsAre;

struct Candidate {
  std::string name;
  std::function<std::unique_ptr<Backend>(const std::filesystem::path&)> make;  // two of one folder see the same objects
  std::function<void(const std::filesystem::path&, const std::vector<std::string>&)> put_fast;  // empty objects
};

class BackendTest : public testing::TestWithParam<Candidate> {
 protected:
  std::string read(const std::string& key, const ByteRange& range = {}) {
    const auto bytes = backend_->get(key, range);
    return bytes ? as_text(*bytes) : "<absent>";
  }
  void put(const std::string& key, const std::string& text) { backend_->put(key, as_bytes(text), PutMode::Replace); }
  std::vector<std::string> all(const std::string& prefix) {
    std::vector<std::string> keys;
    std::optional<std::string> from = "";
    while (from) {
      const Page page = backend_->list(prefix, *from);
      keys.insert(keys.end(), page.keys.begin(), page.keys.end());
      from = page.next;
    }
    return keys;
  }
  test::TempFolder folder_;
  std::unique_ptr<Backend> backend_ = GetParam().make(folder_.path());
};

TEST_P(BackendTest, GivesBackWhatWasPut) {
  put("a/b", "text");
  EXPECT_EQ(read("a/b"), "text");
  EXPECT_EQ(backend_->stat("a/b")->size, 4u);
}

TEST_P(BackendTest, ReportsAbsentObjectsAsValues) {
  EXPECT_FALSE(backend_->get("nothing"));
  EXPECT_FALSE(backend_->stat("nothing"));
  EXPECT_TRUE(all("none/").empty());
  put("folder/object", "x");
  EXPECT_FALSE(backend_->get("folder"));
  EXPECT_FALSE(backend_->stat("folder"));
}

TEST_P(BackendTest, HoldsEmptyAndLargeObjects) {
  put("empty", "");
  EXPECT_EQ(read("empty"), "");
  std::string large(9u << 20, 'x');
  for (size_t i = 0; i < large.size(); i += 4099) large[i] = static_cast<char>(i);
  put("large", large);
  EXPECT_EQ(read("large"), large);
}

TEST_P(BackendTest, Replaces) {
  put("k", "first");
  put("k", "2nd");
  EXPECT_EQ(read("k"), "2nd");
}

TEST_P(BackendTest, ReadsRangesAndTheirEdges) {
  if (!backend_->capabilities().ranged_get) GTEST_SKIP() << "no ranged get";
  put("k", "0123456789");
  EXPECT_EQ(read("k", {3, 4}), "3456");
  EXPECT_EQ(read("k", {8, 100}), "89");
  EXPECT_EQ(read("k", {10, 1}), "");
  EXPECT_EQ(read("k", {99, 1}), "");
  EXPECT_EQ(read("k", {4, std::nullopt}), "456789");
  EXPECT_EQ(read("k", {0, 0}), "");
}

TEST_P(BackendTest, PutsIfAbsentOnlyOnce) {
  if (!backend_->capabilities().conditional_put) GTEST_SKIP() << "no conditional put";
  EXPECT_EQ(backend_->put("k", as_bytes("first"), PutMode::IfAbsent), PutResult::Written);
  EXPECT_EQ(backend_->put("k", as_bytes("second"), PutMode::IfAbsent), PutResult::Existed);
  EXPECT_EQ(read("k"), "first");
}

TEST_P(BackendTest, LetsExactlyOneOfManyWritersWin) {
  if (!backend_->capabilities().conditional_put) GTEST_SKIP() << "no conditional put";
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> winners{0};
    std::vector<std::thread> writers;
    const std::string key = "race/" + std::to_string(round);
    for (int i = 0; i < 8; ++i) {
      writers.emplace_back([&, i] {
        const auto own = GetParam().make(folder_.path());
        if (own->put(key, as_bytes(std::string(1000, static_cast<char>('a' + i))), PutMode::IfAbsent) ==
            PutResult::Written) {
          ++winners;
        }
      });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(winners, 1);
    const std::string found = read(key);
    EXPECT_EQ(found, std::string(1000, found[0]));
  }
}

TEST_P(BackendTest, ListsInRisingByteOrderBelowAPrefix) {
  for (const char* key : {"a/b", "a.b", "a-b", "a/c/d", "ab", "a/b.x", "b"}) put(key, "x");
  EXPECT_THAT(all("a"), ElementsAre("a-b", "a.b", "a/b", "a/b.x", "a/c/d", "ab"));
  EXPECT_THAT(all("a/"), ElementsAre("a/b", "a/b.x", "a/c/d"));
  EXPECT_THAT(all("a/c"), ElementsAre("a/c/d"));
  EXPECT_THAT(all(""), ElementsAre("a-b", "a.b", "a/b", "a/b.x", "a/c/d", "ab", "b"));
  EXPECT_THAT(backend_->list("a/", "a/b.x").keys, ElementsAre("a/b.x", "a/c/d"));
}

TEST_P(BackendTest, ListsManyOverPages) {
  std::vector<std::string> keys;
  for (int i = 0; i < 5000; ++i) keys.push_back("many/" + std::to_string(10000 + i));
  GetParam().put_fast(folder_.path(), keys);
  EXPECT_EQ(all("many/"), keys);
}

TEST_P(BackendTest, RemovesAndForgivesAbsence) {
  if (!backend_->capabilities().remove) GTEST_SKIP() << "cannot remove";
  put("k/a", "x");
  backend_->remove("k/a");
  EXPECT_FALSE(backend_->get("k/a"));
  backend_->remove("k/a");
  EXPECT_TRUE(all("").empty());
}

TEST_P(BackendTest, IsSeenByAnotherOfTheSamePlace) {
  put("k", "x");
  EXPECT_EQ(as_text(*GetParam().make(folder_.path())->get("k")), "x");
}

TEST_P(BackendTest, RefusesNamesThatAreNoKeys) {
  for (const char* key :
       {"", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/.", "a b", "a\\b", "a\nb", "\xc3\xa4", "a:b"}) {
    EXPECT_THROW(put(key, "x"), Error) << key;
    EXPECT_THROW(backend_->get(key), Error) << key;
  }
  EXPECT_THROW(put(std::string(901, 'a'), "x"), Error);
}

TEST_P(BackendTest, AllowsOddButValidNames) {
  const std::string longest = std::string(200, 'a') + "/" + std::string(200, 'b') + "/" + std::string(200, 'c');
  for (const std::string& key : {std::string("-"), std::string("...a"), std::string("@=+"), longest}) {
    put(key, key);
    EXPECT_EQ(read(key), key);
  }
}

const test::S3Server& s3_server() {
  static const test::S3Server server;
  return server;
}

// A prefix of its own for each test's folder.
Table s3_params(const std::filesystem::path& folder) {
  return s3_server().params("conformance/" + folder.filename().string());
}

Candidate local() {
  return {"local", [](const auto& folder) { return test::local_backend(folder / "store"); },
          [](const auto& folder, const auto& keys) {
            for (const std::string& key : keys) test::write_text(folder / "store" / key, "");
          }};
}

Candidate s3() {
  return {"s3", [](const auto& folder) { return test::s3_backend(s3_params(folder)); },
          [](const auto& folder, const auto& keys) {
            std::string list;
            for (const std::string& key : keys)
              list += cat(list.empty() ? "" : ",", "\"conformance/", folder.filename().string(), "/", key, "\"");
            s3_server().control("POST", "fill", cat("{\"bucket\":\"bucket\",\"keys\":[", list, "]}"));
          }};
}

// A server that was started elsewhere: CAIRN_TEST_S3 names its address and its bucket, "http://127.0.0.1:5000/bucket".
// Keys come from where they usually come. Objects of one run have a prefix of their own.
std::vector<Candidate> other_s3() {
  const char* given = std::getenv("CAIRN_TEST_S3");
  if (given == nullptr) return {};
  const std::string all = given;
  const size_t slash = all.rfind('/');
  const auto make = [=](const std::filesystem::path& folder) {
    const std::string url =
        cat("s3://", all.substr(slash + 1), "/cairn-test-", getpid(), "/", folder.filename().string());
    return test::s3_backend({{"url", url}, {"endpoint", all.substr(0, slash)}, {"give_up", 10.0}});
  };
  return {{"other_s3", make, [=](const auto& folder, const auto& keys) {
             const auto backend = make(folder);
             for (const std::string& key : keys) backend->put(key, {}, PutMode::Replace);
           }}};
}

std::vector<Candidate> candidates() {
  std::vector<Candidate> all = other_s3();
  all.push_back(local());
  all.push_back(s3());
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, BackendTest, testing::ValuesIn(candidates()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace cairn
