// What every backend promises, wherever its objects lie; tests of an ability run where it is declared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/backends.h"
#include "support/files.h"
#include "support/places.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;
using testing::ElementsAre;

class BackendTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const std::string what = test::missing(GetParam()); !what.empty()) GTEST_SKIP() << what;
    place_ = &test::place(GetParam());
    backend_ = open("mine");
  }
  std::unique_ptr<Backend> open(const std::string& machine) {
    return test::open_backend(*place_, folder_.path().filename(), folder_ / machine);
  }
  std::string read(const std::string& key, const ByteRange& range = {}) {
    const auto bytes = backend_->get(key, range);
    return bytes ? as_text(*bytes) : "<absent>";
  }
  void put(const std::string& key, const std::string& text) {
    backend_->put(key, as_bytes(text), PutMode::Replace);
    backend_->commit(std::span(&key, 1));
  }
  void remove(const std::string& key) {
    backend_->remove(key);
    backend_->commit(std::span(&key, 1));
  }
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
  const test::Place* place_ = nullptr;
  std::unique_ptr<Backend> backend_;
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
        const auto own = open(cat("writer-", i));
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
  for (size_t i = 0; i < 2 * place_->page_size() + 50; ++i) keys.push_back(cat("many/", 10000 + i));
  place_->fill(folder_.path().filename(), folder_ / "mine", keys);
  backend_ = open("mine");
  EXPECT_EQ(all("many/"), keys);
}

TEST_P(BackendTest, RemovesAndForgivesAbsence) {
  if (!backend_->capabilities().remove) GTEST_SKIP() << "cannot remove";
  put("k/a", "x");
  remove("k/a");
  EXPECT_FALSE(backend_->get("k/a"));
  remove("k/a");
  EXPECT_TRUE(all("").empty());
}

TEST_P(BackendTest, IsSeenByAnotherOfTheSamePlace) {
  put("k", "x");
  EXPECT_EQ(as_text(*open("theirs")->get("k")), "x");
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

INSTANTIATE_TEST_SUITE_P(All, BackendTest, testing::ValuesIn(test::place_names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace cairn
