#include <cairn/state.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#ifndef CAIRN_NO_TORCH
#include <ATen/ATen.h>

#include <map>

namespace cairn {
namespace {

// Remembers paths and integers.
struct Recorder final : StateWriter, StateReader {
  std::map<std::string, int64_t, std::less<>> integers;
  void tensor(std::string_view path, const at::Tensor& value) override { integers[std::string(path)] = value.numel(); }
  void integer(std::string_view path, int64_t value) override { integers[std::string(path)] = value; }
  void real(std::string_view path, double) override { integers[std::string(path)] = 0; }
  void text(std::string_view path, std::string_view) override { integers[std::string(path)] = 0; }
  bool has(std::string_view path) const override { return integers.find(path) != integers.end(); }
  at::Tensor tensor(std::string_view path) const override { return at::zeros({integers.find(path)->second}); }
  int64_t integer(std::string_view path) const override { return integers.find(path)->second; }
  double real(std::string_view) const override { return 0; }
  std::string text(std::string_view) const override { return ""; }
  std::vector<std::string> names(std::string_view prefix) const override { return {std::string(prefix)}; }
};

TEST(ScopedState, PrefixesEveryPath) {
  Recorder recorder;
  ScopedWriter outer(recorder, "optimizer");
  ScopedWriter inner(outer, "momentum");
  inner.integer("x", 7);
  inner.tensor("w", at::zeros({3}));
  EXPECT_EQ(recorder.integers.at("optimizer/momentum/x"), 7);
  const ScopedReader reader(recorder, "optimizer");
  EXPECT_TRUE(reader.has("momentum/x"));
  EXPECT_FALSE(reader.has("x"));
  EXPECT_EQ(ScopedReader(reader, "momentum").tensor("w").numel(), 3);
  EXPECT_EQ(reader.names("")[0], "optimizer/");
}

}  // namespace
}  // namespace cairn
#endif
