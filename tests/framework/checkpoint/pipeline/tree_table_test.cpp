#include "checkpoint/pipeline/tree_table.h"

#include <cairn/error.h>
#include <gtest/gtest.h>

namespace cairn {
namespace {

TableRow row(const std::string& path, std::vector<int64_t> shape, size_t blocks) {
  TableRow made;
  made.entry = {path, DType::UInt8, std::move(shape), 1};
  for (const int64_t dimension : made.entry.shape) made.entry.size_bytes *= static_cast<uint64_t>(dimension);
  for (size_t i = 0; i < blocks; ++i) made.blocks.push_back(sha256(path + std::to_string(i)));
  if (blocks == 0) made.inline_bytes.assign(made.entry.size_bytes, 'x');
  return made;
}

std::vector<TableRow> rows() {
  return {row("record/time", {3}, 0), row("state/ema/w", {kBlockSize + 1}, 2), row("state/model/empty", {0, 5}, 0),
          row("state/model/w", {10, 10}, 1)};
}

TEST(TreeTable, GivesBackEveryRow) {
  const auto texts = encode_table(rows());
  EXPECT_EQ(texts.size(), 3u);  // record/time, state/ema, state/model
  std::vector<TableRow> read;
  for (const auto& text : texts) decode_table(text, "it", read);
  ASSERT_EQ(read.size(), rows().size());
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].entry.path, rows()[i].entry.path);
    EXPECT_EQ(read[i].entry.shape, rows()[i].entry.shape);
    EXPECT_EQ(read[i].blocks, rows()[i].blocks);
    EXPECT_EQ(read[i].inline_bytes, rows()[i].inline_bytes);
  }
}

TEST(TreeTable, HashesContentAlikeInlineOrInBlocks) {
  TableRow inline_row = row("state/a/b", {3}, 0), block_row = row("state/a/b", {3}, 1);
  block_row.blocks[0] = sha256("xxx");
  EXPECT_EQ(inline_row.content_hash(), block_row.content_hash());
}

TEST(TreeTable, RefusesRowsOutOfBounds) {
  const std::string hash = sha256("a").hex();
  const std::string huge = R"([["state/a","float32",[4611686018427387904,4],[")" + hash + "\"]]]";
  for (const std::string& text : {
           std::string("{}"),
           std::string("[[]]"),
           std::string("["),
           huge,
           R"([["state/a","float31",[1],"00000000"]])" + std::string(),
           R"([["state/a","float32",[-1],"00000000"]])" + std::string(),
           R"([["state/a","float32",[1],"0000"]])" + std::string(),
           R"([["state/a","float32",[1],["ab"]]])" + std::string(),
           R"([["state/a","float32",[0],[]]])" + std::string(),
           R"([["state/a","integer",[1],"0000000000000000"]])" + std::string(),
           R"([["state//a","float32",[1],"00000000"]])" + std::string(),
           R"([["state/../a","float32",[1],"00000000"]])" + std::string(),
           R"([["state/b","uint8",[1],"00"],["state/a","uint8",[1],"00"]])" + std::string(),
           R"([["state/a","uint8",[1],"00"],["state/a","uint8",[1],"00"]])" + std::string(),
           R"([["state/a","uint8",[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"00"]])" + std::string(),
       }) {
    std::vector<TableRow> read;
    try {
      decode_table(text, "it", read);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::DataLoss) << text;
    }
  }
}

}  // namespace
}  // namespace cairn
