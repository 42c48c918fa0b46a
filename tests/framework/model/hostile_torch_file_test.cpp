// Files that were made to do harm, or were damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/random.h>

#include "framework/model/torch_bytes.h"
#include "model/torch_file.h"

namespace cairn::test {
namespace {

using ::testing::HasSubstr;

void expect_refused(std::span<const std::byte> bytes, Code code, const std::string& says) {
  try {
    decode_torch_file(bytes, "x.pt");
    ADD_FAILURE() << "was read; expected: " << says;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.message(), HasSubstr(says));
    EXPECT_THAT(error.message(), HasSubstr("x.pt"));
  }
}

void expect_refused(PickleBytes& pickle, const std::string& says, Code code = Code::DataLoss) {
  expect_refused(torch_bytes(pickle.end(), {{"0", floats({1, 2, 3, 4})}}), code, says);
}

TEST(HostilePickle, RunsNothing) {
  for (const auto& [module, name] : {std::pair("os", "system"),
                                     {"posix", "system"},
                                     {"__builtin__", "eval"},
                                     {"builtins", "getattr"},
                                     {"subprocess", "Popen"},
                                     {"torch", "load"},
                                     {"torch.utils.collect_env", "run"},
                                     {"modelsx", "os"}}) {
    PickleBytes pickle;
    pickle.global(module, name).op("(").text("touch /tmp/harm").op("tR");
    expect_refused(pickle, cat("'", module, " ", name, "'"), Code::PermissionDenied);
  }
  PickleBytes late;
  late.text("os").text("system").op("\x93");
  expect_refused(late, "'os system'", Code::PermissionDenied);
}

TEST(HostilePickle, RefusesOpcodesThatItDoesNotKnow) {
  for (const char* opcode : {"i", "o", "\x82", "\x83", "P", "I", "V", "p", "\x96", "\x92", "\xff"}) {
    PickleBytes pickle;
    expect_refused(pickle.op(opcode), "is not known");
  }
  PickleBytes protocol;
  expect_refused(protocol.op("\x80\x07"), "protocol 7");
}

TEST(HostilePickle, RefusesWhatDoesNotFitTogether) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "values are needed"},
      {"2", "stack is empty"},
      {"t", "mark is missing"},
      {"(0", "values are needed"},
      {"}(Nu", "without a value"},
      {"N(Ne", "without items"},
      {"N(NNu", "no dictionary"},
      {"NNR", "no global"},
      {"Nb", "stack is empty"},
      {"N]b", "no object"},
      {"h\x07", "place 7"},
      {"NN", "ends with 2 values"},
      {"(N", "ends with"},
      {"\x8a\x09"
       "123456789",
       "integer of 9 bytes"},
  };
  for (const auto& [ops, says] : cases) {
    PickleBytes pickle;
    expect_refused(pickle.op(ops), says);
  }
}

TEST(HostilePickle, BoundsLengthsBeforeAnythingIsAllocated) {
  const std::string_view cases[] = {{"X\xff\xff\xff\xff", 5},
                                    {"B\xff\xff\xff\x7f", 5},
                                    {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff", 9},
                                    {"\x95\xff\xff\xff\xff\xff\xff\xff\x7f", 9}};
  for (const std::string_view ops : cases) {
    PickleBytes pickle;
    expect_refused(pickle.op(ops), ops[0] == '\x95' ? "beyond the end" : "a text of");
  }
  PickleBytes name;
  expect_refused(name.global("models." + std::string(300, 'a'), "b"), "too long");
}

TEST(HostilePickle, DoesNotGrowWithReferencesToTheSame) {
  PickleBytes pickle;  // a long tuple, called 20000 times
  pickle.op("(");
  for (int i = 0; i < 20000; ++i) pickle.op("N");
  pickle.op("tq").op(std::string_view("\x00", 1)).op("0").global("torch", "Size").op("q\x01");
  for (int i = 0; i < 20000; ++i) pickle.op("0h\x01h").op(std::string_view("\x00", 1)).op("R");
  expect_refused(pickle, "neither a dictionary nor a module");

  PickleBytes modules;  // each has the one before it twice as a child: 2^60 paths
  const auto module = [&modules](const auto& children) {
    modules.global("models.common", "A").op(")\x81}(").text("_modules").ordered().op("(");
    children();
    modules.op("uub");
  };
  module([] {});
  for (int i = 0; i < 60; ++i) {
    modules.op(
        "q\x05"
        "0");
    module([&] { modules.text("a").op("h\x05").text("b").op("h\x05"); });
  }
  expect_refused(modules, "too often");
}

TEST(HostilePickle, SurvivesAModuleInsideItself) {
  PickleBytes pickle;
  pickle.global("models.common", "A").op(")\x81q\x05}(").text("_modules").ordered().op("(").text("a").op("h\x05uub");
  expect_refused(pickle, "nested too deeply");
}

TEST(HostileTensors, StayWithinTheirStorage) {
  struct Case {
    int32_t stored, offset;
    std::vector<int32_t> sizes, strides;
    const char* says;
  };
  const Case cases[] = {
      {4, 1, {4}, {1}, "beyond its storage"},
      {4, 0, {2, 2}, {3, 1}, "beyond its storage"},
      {4, 0, {1 << 30, 1 << 30}, {0, 0}, "beyond"},
      {4, 0, {5}, {0}, "beyond its storage"},
      {4, 5, {0}, {1}, "beyond its storage"},
      {4, 0, {2}, {1, 1}, "other strides"},
      {4, -1, {1}, {1}, "no count"},
      {4, 0, {-1}, {1}, "no count"},
      {4, 0, {2}, {-1}, "no count"},
      {5, 0, {1}, {1}, "has 16 bytes for 5 elements"},
      {0x7fffffff, 0, {1}, {1}, "has 16 bytes for"},
      {4, 0, std::vector<int32_t>(17, 1), {1}, "shape is none"},
      {4, 0, {0, 0x7fffffff, 0x7fffffff, 0x7fffffff}, {1, 1, 1, 1}, "beyond its storage"},
  };
  for (const Case& c : cases) {
    PickleBytes pickle;
    expect_refused(pickle.op("}").text("w").tensor("FloatStorage", "0", c.stored, c.offset, c.sizes, c.strides).op("s"),
                   c.says);
  }
}

TEST(HostileTensors, HaveAStorageOfAKnownTypeInTheFile) {
  PickleBytes missing, type;
  expect_refused(missing.op("}").text("w").tensor("FloatStorage", "../../etc", 4, 0, {1}, {1}).op("s"),
                 "no entry 'file/data/../../etc'", Code::NotFound);
  expect_refused(type.op("}").text("w").tensor("Size", "0", 4, 0, {1}, {1}).op("s"), "'torch Size' is not known");
}

std::vector<ZipPart> good_parts() {
  PickleBytes pickle;
  pickle.op("}").text("w").tensor("FloatStorage", "0", 2, 0, {2}, {1}).op("s");
  return {{"f/data.pkl", pickle.end()}, {"f/data/0", floats({1, 2})}};
}

TEST(HostileZip, RefusesWhatIsNotStoredPlainly) {
  auto parts = good_parts();
  EXPECT_EQ(decode_torch_file(zip_bytes(parts), "x.pt").tensors.size(), 1U);
  parts[1].method = 8;
  expect_refused(zip_bytes(parts), Code::DataLoss, "compressed");
  parts[1].method = 0;
  parts[1].flags = 1;
  expect_refused(zip_bytes(parts), Code::DataLoss, "encrypted");
  parts = good_parts();
  parts.push_back(parts[1]);
  expect_refused(zip_bytes(parts), Code::DataLoss, "twice");
  parts.back().name = "g/data.pkl";
  expect_refused(zip_bytes(parts), Code::DataLoss, "both");
  parts = {{"f/other", {}}};
  expect_refused(zip_bytes(parts), Code::DataLoss, "no entry ends in /data.pkl");
  parts = good_parts();
  parts.push_back({"f/byteorder", text_bytes("big")});
  expect_refused(zip_bytes(parts), Code::DataLoss, "byte order");
}

TEST(HostileZip, NoticesADamagedByte) {
  auto bytes = zip_bytes(good_parts());
  const auto two = floats({2});
  const auto at = std::search(bytes.begin(), bytes.end(), two.begin(), two.end());
  ASSERT_NE(at, bytes.end());
  *at ^= std::byte{1};
  expect_refused(bytes, Code::DataLoss, "CRC-32");
}

// Any cut and any changed bytes: an error or a file, never more.
TEST(HostileZip, SurvivesCutsAndChanges) {
  const auto good = zip_bytes(good_parts());
  const auto survive = [](std::span<const std::byte> bytes) {
    try {
      return decode_torch_file(bytes, "x.pt").tensors.size() <= 1;
    } catch (const Error& error) {
      return error.code() != Code::Internal;
    }
  };
  for (size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(survive(std::span(good).first(size))) << size;
  Rng rng({7});
  for (int round = 0; round < 20000; ++round) {
    auto bytes = good;
    for (int i = 0; i <= round % 3; ++i)
      bytes[static_cast<size_t>(rng.below(static_cast<int64_t>(bytes.size())))] =
          static_cast<std::byte>(rng.below(256));
    EXPECT_TRUE(survive(bytes)) << round;
  }
}

}  // namespace
}  // namespace cairn::test
