// Objects of every kind of size, ranges of them, listings from everywhere: one case each, on every place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "support/backends.h"
#include "support/files.h"
#include "support/places.h"

namespace cairn {
namespace {

using test::as_bytes;
using test::as_text;

constexpr size_t kRangedSize = 50000;

std::string text_of(size_t size) {
  std::string text(size, 'a');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 8192) % 26);
  return text;
}

// A pack, which Git LFS keeps as an object of its own.
std::string pack(const std::string& name) {
  return cat("packs/ab/", name, ".pack");
}

// One store on each place, for all cases of this file.
struct Shared {
  test::TempFolder folder;
  std::unique_ptr<Backend> backend, other;  // the latter as another machine has it
  explicit Shared(const std::string& name) {
    const test::Place& place = test::place(name);
    const std::string store = folder.path().filename();
    backend = test::open_backend(place, store, folder / "mine");
    const std::vector<std::string> keys{pack("ranged"), "l/a-b", "l/a.b", "l/a/b",   "l/a/b.x",
                                        "l/a/c/d",      "l/ab",  "l/b",   "l/x..y/k"};
    for (const std::string& key : keys) {
      const std::string text = key == keys[0] ? text_of(kRangedSize) : "x";
      backend->put(key, as_bytes(text), PutMode::Replace);
    }
    backend->commit(keys);
    other = test::open_backend(place, store, folder / "theirs");
  }
};

// Made once; where that failed, it fails the same way for every case.
Shared* shared(const std::string& place) {
  static std::map<std::string, std::shared_future<std::unique_ptr<Shared>>> all;
  if (!all.contains(place)) {
    all[place] = std::async(std::launch::deferred, [place] { return std::make_unique<Shared>(place); }).share();
  }
  return all[place].get().get();
}

template <class Case>
class OnPlaces : public testing::TestWithParam<std::tuple<std::string, Case>> {
 protected:
  void SetUp() override {
    const std::string& name = std::get<0>(this->GetParam());
    if (const std::string what = test::missing(name); !what.empty()) GTEST_SKIP() << what;
    store_ = shared(name);
  }
  const Case& its() const { return std::get<1>(this->GetParam()); }
  Shared* store_ = nullptr;
};

template <class Case>
std::string name_of(const testing::TestParamInfo<std::tuple<std::string, Case>>& info) {
  return cat(std::get<0>(info.param), "_", info.index);
}

struct Size {
  size_t bytes;
  PutMode mode;
};
void PrintTo(const Size& size, std::ostream* out) {
  *out << size.bytes << " bytes, " << (size.mode == PutMode::Replace ? "replace" : "if absent");
}

class Sizes : public OnPlaces<Size> {};

TEST_P(Sizes, ComeBackAsTheyWere) {
  const std::string text = text_of(its().bytes);
  const std::string key = pack(cat("size-", its().bytes, its().mode == PutMode::Replace ? "-replace" : "-absent"));
  EXPECT_EQ(store_->backend->put(key, as_bytes(text), its().mode), PutResult::Written);
  store_->backend->commit(std::span(&key, 1));
  EXPECT_EQ(store_->backend->stat(key)->size, text.size());
  EXPECT_EQ(as_text(*store_->backend->get(key)), text);
  if (its().mode == PutMode::IfAbsent) {
    EXPECT_EQ(store_->backend->put(key, as_bytes(text + "x"), PutMode::IfAbsent), PutResult::Existed);
    EXPECT_EQ(store_->backend->stat(key)->size, text.size());
    return;
  }
  const std::string changed = text + "and more";
  EXPECT_EQ(store_->backend->put(key, as_bytes(changed), PutMode::Replace), PutResult::Written);
  store_->backend->commit(std::span(&key, 1));
  EXPECT_EQ(as_text(*store_->backend->get(key)), changed);
}

// Around the edges of parts of 8,192 bytes, into which objects above 16,384 are cut.
std::vector<Size> sizes() {
  std::vector<Size> out;
  for (const size_t bytes : {0, 1, 1023, 8191, 8192, 8193, 16383, 16384, 16385, 24575, 24576, 24577, 100000, 1048577}) {
    out.push_back({bytes, PutMode::Replace});
    out.push_back({bytes, PutMode::IfAbsent});
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(All, Sizes,
                         testing::Combine(testing::ValuesIn(test::place_names()), testing::ValuesIn(sizes())),
                         name_of<Size>);

struct Range {
  ByteRange range;
  size_t begin, size;  // of what comes
};
void PrintTo(const Range& range, std::ostream* out) {
  *out << range.range.offset << "+" << (range.range.length ? std::to_string(*range.range.length) : "rest");
}

class Ranges : public OnPlaces<Range> {};

TEST_P(Ranges, GiveTheirBytes) {
  const auto bytes = store_->other->get(pack("ranged"), its().range);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(as_text(*bytes), text_of(kRangedSize).substr(its().begin, its().size));
}

const std::vector<Range> kRanges{{{0, 1}, 0, 1},
                                 {{0, 0}, 0, 0},
                                 {{0, std::nullopt}, 0, kRangedSize},
                                 {{0, kRangedSize}, 0, kRangedSize},
                                 {{0, kRangedSize + 1}, 0, kRangedSize},
                                 {{1, kRangedSize}, 1, kRangedSize - 1},
                                 {{8191, 2}, 8191, 2},
                                 {{8192, 8192}, 8192, 8192},
                                 {{16000, 20000}, 16000, 20000},
                                 {{kRangedSize - 1, 1}, kRangedSize - 1, 1},
                                 {{kRangedSize - 1, 100}, kRangedSize - 1, 1},
                                 {{kRangedSize - 10, std::nullopt}, kRangedSize - 10, 10},
                                 {{kRangedSize, 1}, kRangedSize, 0},
                                 {{kRangedSize, std::nullopt}, kRangedSize, 0},
                                 {{kRangedSize + 1, 1}, kRangedSize, 0},
                                 {{uint64_t{1} << 40, 1}, kRangedSize, 0}};
INSTANTIATE_TEST_SUITE_P(All, Ranges,
                         testing::Combine(testing::ValuesIn(test::place_names()), testing::ValuesIn(kRanges)),
                         name_of<Range>);

struct Question {
  std::string prefix, from;
  std::vector<std::string> keys;  // without "l/"
};
void PrintTo(const Question& question, std::ostream* out) {
  *out << "'" << question.prefix << "' from '" << question.from << "'";
}

class Listings : public OnPlaces<Question> {};

TEST_P(Listings, HoldTheKeysInOrder) {
  std::vector<std::string> expected;
  for (const std::string& key : its().keys) expected.push_back("l/" + key);
  EXPECT_EQ(store_->other->list(its().prefix, its().from).keys, expected);
}

const std::vector<Question> kQuestions{{"l/", "", {"a-b", "a.b", "a/b", "a/b.x", "a/c/d", "ab", "b", "x..y/k"}},
                                       {"l/a", "", {"a-b", "a.b", "a/b", "a/b.x", "a/c/d", "ab"}},
                                       {"l/a/", "", {"a/b", "a/b.x", "a/c/d"}},
                                       {"l/a/c", "", {"a/c/d"}},
                                       {"l/a/c/d", "", {"a/c/d"}},
                                       {"l/a/c/d/", "", {}},
                                       {"l/c", "", {}},
                                       {"l/", "l/a.b", {"a.b", "a/b", "a/b.x", "a/c/d", "ab", "b", "x..y/k"}},
                                       {"l/", "l/a.c", {"a/b", "a/b.x", "a/c/d", "ab", "b", "x..y/k"}},
                                       {"l/a/", "l/a/b.x", {"a/b.x", "a/c/d"}},
                                       {"l/", "l/b", {"b", "x..y/k"}},
                                       {"l/", "l/b0", {"x..y/k"}},
                                       {"l/a", "k", {"a-b", "a.b", "a/b", "a/b.x", "a/c/d", "ab"}},
                                       {"l/x..y/", "", {"x..y/k"}},
                                       {"l/x.", "", {"x..y/k"}},
                                       {"l//a", "", {}},
                                       {"../", "", {}},
                                       {"/", "", {}}};
INSTANTIATE_TEST_SUITE_P(All, Listings,
                         testing::Combine(testing::ValuesIn(test::place_names()), testing::ValuesIn(kQuestions)),
                         name_of<Question>);

}  // namespace
}  // namespace cairn
