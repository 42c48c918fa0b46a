// Tensors and scalars into a sink and out of a loaded tree.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>
#include <limits>

#include "base/row_major.h"
#include "state/capture.h"
#include "state/loaded_tree.h"

namespace cairn {
namespace {

struct Sink final : TreeSink {
  std::deque<std::pair<TreeEntry, std::vector<std::byte>>> leaves;
  std::deque<std::tuple<const TreeEntry*, std::span<std::byte>, std::vector<int64_t>>> as_they_lie;
  std::span<std::byte> add(TreeEntry entry) override {
    const size_t size = entry.size_bytes;
    leaves.emplace_back(std::move(entry), std::vector<std::byte>(size));
    return leaves.back().second;
  }
  std::span<std::byte> add_as_it_lies(TreeEntry entry, std::vector<int64_t> strides) override {
    const auto bytes = add(std::move(entry));
    as_they_lie.emplace_back(&leaves.back().first, bytes, std::move(strides));
    return bytes;
  }
  void fill_later(std::function<void()> fill) override { fill(); }
  std::shared_ptr<const LoadedTree> load() {
    for (const auto& [entry, bytes, strides] : as_they_lie) {
      const std::vector<std::byte> lain(bytes.begin(), bytes.end());
      to_row_major(lain, bytes, entry->shape, strides, size_of(entry->dtype));
    }
    as_they_lie.clear();
    auto tree = std::make_shared<LoadedTree>();
    for (const auto& [entry, bytes] : leaves) std::copy(bytes.begin(), bytes.end(), tree->add(entry).begin());
    return tree;
  }
};

TEST(StateTree, GivesBackTensorsOfEveryTypeAndLayout) {
  const std::vector<at::Tensor> tensors = {
      at::randn({3, 4, 5}),
      at::randn({2, 3, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast),
      at::randn({5, 6}).t(),
      at::randn({2000000}),
      at::arange(7),
      at::zeros({0, 3}),
      at::scalar_tensor(2.5),
      at::ones({3}, at::kBool),
      at::randn({9}).to(at::kBFloat16),
      at::randn({9}).to(at::kHalf),
      at::randn({9}, at::kDouble),
      at::full({4}, std::numeric_limits<float>::quiet_NaN()),
  };
  Sink sink;
  Copier copier;
  CaptureWriter writer(sink, kStatePart, copier);
  for (size_t i = 0; i < tensors.size(); ++i) writer.tensor(cat("t/", i), tensors[i]);
  writer.copy();
  const LoadedReader reader(sink.load(), kStatePart);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const at::Tensor read = reader.tensor(cat("t/", i));
    EXPECT_EQ(read.scalar_type(), tensors[i].scalar_type());
    EXPECT_EQ(read.sizes(), tensors[i].sizes());
    EXPECT_TRUE(at::equal(read.nan_to_num(7), tensors[i].nan_to_num(7))) << i;
  }
}

TEST(StateTree, GivesBackScalarsByTheirBits) {
  Sink sink;
  Copier copier;
  CaptureWriter writer(sink, kRecordPart, copier);
  const double odd = std::bit_cast<double>(0x7ff8000000001234u);
  writer.integer("i", -5);
  writer.real("r", odd);
  writer.text("s", std::string("a\0b", 3));
  writer.text("empty", "");
  writer.copy();
  const LoadedReader reader(sink.load(), kRecordPart);
  EXPECT_EQ(reader.integer("i"), -5);
  EXPECT_EQ(std::bit_cast<uint64_t>(reader.real("r")), 0x7ff8000000001234u);
  EXPECT_EQ(reader.text("s"), std::string("a\0b", 3));
  EXPECT_EQ(reader.text("empty"), "");
  EXPECT_TRUE(reader.has("i"));
  EXPECT_FALSE(LoadedReader(sink.load(), kStatePart).has("i"));
}

TEST(StateTree, NamesPathsBelowAPrefix) {
  Sink sink;
  Copier copier;
  CaptureWriter writer(sink, kStatePart, copier);
  for (const char* path : {"a/y", "a/x", "ab", "b"}) writer.integer(path, 1);
  const LoadedReader reader(sink.load(), kStatePart);
  EXPECT_THAT(reader.names("a"), testing::ElementsAre("x", "y"));
  EXPECT_THAT(reader.names(""), testing::ElementsAre("a/x", "a/y", "ab", "b"));
  EXPECT_THAT(ScopedReader(reader, "a").names(""), testing::ElementsAre("x", "y"));
}

TEST(StateTree, NamesPathAndTypesWhenSomethingElseIsThere) {
  Sink sink;
  Copier copier;
  CaptureWriter(sink, kStatePart, copier).integer("x", 1);
  const LoadedReader reader(sink.load(), kStatePart);
  for (const auto& read :
       {std::function<void()>([&] { reader.tensor("x"); }), std::function<void()>([&] { reader.text("missing"); })}) {
    try {
      read();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::DataLoss);
      EXPECT_NE(std::string(error.what()).find("state/"), std::string::npos);
    }
  }
}

TEST(StateTree, RefusesTensorsThatItCannotHold) {
  Sink sink;
  Copier copier;
  CaptureWriter writer(sink, kStatePart, copier);
  EXPECT_THROW(writer.tensor("x", at::Tensor()), Error);
  EXPECT_THROW(writer.tensor("x", at::zeros({2}, at::kComplexFloat)), Error);
}

}  // namespace
}  // namespace cairn
