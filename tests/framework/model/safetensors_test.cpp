#include "model/safetensors.h"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/files.h"

namespace cairn {
namespace {

using ::testing::HasSubstr;

Bytes file_with_header(const std::string& header, size_t data_size) {
  Bytes bytes(8 + header.size() + data_size);
  const uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

std::string problem_of(const Bytes& bytes) {
  try {
    decode_tensors(bytes, "some.safetensors");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::DataLoss);
    return error.message();
  }
  return "";
}

TEST(Safetensors, ReturnsWhatWasWritten) {
  const test::TempFolder folder;
  TensorFile file;
  file.metadata = {{"family", "yolov8"}};
  file.tensors = {{"a", at::arange(6, at::kFloat).view({2, 3})},
                  {"half", at::ones({3}, at::kBFloat16)},
                  {"count", at::full({}, 7, at::kLong)},
                  {"none", at::empty({0, 4}, at::kDouble)},
                  {"strided", at::arange(6, at::kFloat).view({2, 3}).t()}};
  write_tensors(real_files(), folder / "w.safetensors", file);
  const TensorFile back = read_tensors(real_files(), folder / "w.safetensors");
  EXPECT_EQ(back.metadata, file.metadata);
  ASSERT_EQ(back.tensors.size(), file.tensors.size());
  std::map<std::string, at::Tensor> found(back.tensors.begin(), back.tensors.end());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(found.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(found.at(name), tensor)) << name;
  }
}

TEST(Safetensors, GivesTheSameBytesForTheSameTensors) {
  const TensorFile file{{{"a", at::ones({2})}}, {{"k", "v"}}};
  EXPECT_EQ(encode_tensors(file), encode_tensors(file));
}

TEST(Safetensors, ReadsTheExampleOfTheFormat) {
  Bytes bytes = file_with_header(R"({"t":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}})", 4);
  const int16_t values[] = {5, -3};
  std::memcpy(bytes.data() + bytes.size() - 4, values, 4);
  const TensorFile file = decode_tensors(bytes, "example");
  ASSERT_EQ(file.tensors.size(), 1U);
  EXPECT_TRUE(at::equal(file.tensors[0].second, at::tensor({5, -3}, at::kShort)));
}

TEST(Safetensors, RefusesEveryPrefix) {
  const Bytes whole = encode_tensors({{{"a", at::ones({4})}, {"b", at::ones({2})}}, {}});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(problem_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
  }
}

TEST(Safetensors, NamesWhatIsWrongWithAHeader) {
  const std::pair<const char*, const char*> cases[] = {
      {R"([])", "no JSON object"},
      {R"({"a":)", "no JSON"},
      {R"({"a":1})", "lacks dtype"},
      {R"({"a":{"dtype":"F9","shape":[1],"data_offsets":[0,4]}})", "unknown type 'F9'"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}})", "beyond"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "beyond"},
      {R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "no count"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "needs 8 bytes, has 4"},
      {R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", "larger than the file"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "begins at 0, expected 4"},
      {R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       "twice"},
      {R"({"__metadata__":{"k":1}})", "no text"},
      {R"({"a":{"b":{"c":{"d":{"e":{}}}}}})", "nested"},
      {R"({})", "cover 0 of 8"}};
  for (const auto& [header, expected] : cases) {
    EXPECT_THAT(problem_of(file_with_header(header, 8)), HasSubstr(expected)) << header;
  }
}

TEST(Safetensors, RefusesAHeaderLengthBeyondTheFileWithoutAllocating) {
  Bytes bytes(16);
  std::memset(bytes.data(), 0xFF, 8);
  EXPECT_THAT(problem_of(bytes), HasSubstr("longer than allowed"));
}

TEST(Safetensors, RefusesTwoTensorsOfOneName) {
  EXPECT_THROW(encode_tensors({{{"a", at::ones({1})}, {"a", at::ones({1})}}, {}}), Error);
}

}  // namespace
}  // namespace cairn
