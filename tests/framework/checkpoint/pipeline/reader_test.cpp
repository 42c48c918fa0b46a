// tools/read_snapshot.py, which knows only docs/format, reads what cairn wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "checkpoint/pipeline/save_pipeline.h"
#include "checkpoint/pipeline/tree_reader.h"
#include "support/backends.h"
#include "support/files.h"
#include "support/trees.h"

namespace cairn {
namespace {

using From = PredictionOperand::From;
constexpr size_t kCount = 1500;

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (const size_t size = fread(buffer, 1, sizeof buffer, pipe)) text.append(buffer, size);
  const int status = pclose(pipe);
  return status == 0 ? text : cat("exit ", status, ": ", text);
}

// Values of their own for each path, and near to those of the step before.
test::Floats values_of(const std::string& path, int step) {
  test::Floats values = test::normal(kCount, std::hash<std::string>{}(path));
  for (float& value : values) value = (std::abs(value) + 0.01f) * (1.0f + 1e-5f * static_cast<float>(step));
  return values;
}

// A momentum that came from gradients in bf16.
test::Floats momentum_of_bf16() {
  std::vector<uint16_t> gradients(kCount);
  for (size_t i = 0; i < kCount; ++i) gradients[i] = static_cast<uint16_t>(0x3E00 + i % 200);
  const test::Floats old = values_of("bf16", 0), weight = values_of("sgd", 0);
  test::Floats out(kCount);
  const std::vector<Numbers> operands{old, weight};
  predict_momentum(gradients, operands, std::vector<double>{0.5, 5e-4, 1}, out);
  return out;
}

void fill(Slot& slot, int step) {
  for (const char* path : {"sgd", "bf16", "adam", "square", "amsgrad", "ema", "span", "previous"}) {
    const bool gradients = std::string_view(path) == "bf16" && step > 0;
    test::add(slot, cat("state/", path), gradients ? momentum_of_bf16() : values_of(path, step));
  }
  const auto whole = slot.add({"state/counts", DType::Int64, {400}, 3200});
  for (size_t i = 0; i < 400; ++i) {
    const int64_t value = static_cast<int64_t>(i) * 1000 + step;
    std::memcpy(whole.data() + 8 * i, &value, 8);
  }
  test::add_text(slot, "record/note", "a note");
}

std::vector<Prediction> predictions() {
  const auto base = [](const char* path) { return PredictionOperand{From::Base, path}; };
  const auto now = [](const char* path) { return PredictionOperand{From::This, path}; };
  return {{"sgd", "sgd/1", {base("sgd"), now("previous"), base("previous")}, {1e-4, 0.9}},
          {"bf16", "bf16grad/1", {base("bf16"), base("sgd")}, {0.5, 5e-4, 1}},
          {"adam", "adam/1", {base("adam"), now("previous"), now("square")}, {1e-6, 0.9, 0.999, 1e-8, 0.01, 7}},
          {"square", "adam_square/1", {base("square"), base("previous"), now("previous")}, {0.9, 0.9999999}},
          {"amsgrad", "amsgrad/1", {base("amsgrad"), now("square")}, {}},
          {"ema", "ema/1", {base("ema"), now("previous")}, {0.999, 0.001}},
          {"span", "ema_span/1", {base("span"), base("previous"), now("previous")}, {0.99, 0.004, 0.006}}};
}

TEST(ReaderWithoutCairn, ReadsEveryCodecAndFormula) {
  if (std::system("python3 -c 'import ctypes; ctypes.CDLL(\"libzstd.so.1\")' 2>/dev/null") != 0)
    GTEST_SKIP() << "no Python";
  const test::TempFolder folder;
  const auto backend = test::local_backend(folder / "store");
  Store store(*backend, OpenStore::CreateIfEmpty);
  {
    SavePipeline::Options options;
    options.run = "run";
    options.store = &store;
    options.clock = [] { return Clock::now(); };
    SavePipeline pipeline(std::move(options));
    SavePipeline::Job job = 0;
    for (int step = 0; step < 2; ++step) {
      SavePipeline::Place* place = pipeline.take(true);
      fill(pipeline.slot(*place), step);
      job = pipeline.submit(*place, {}, predictions(), job);
    }
    ASSERT_TRUE(pipeline.wait(job).snapshot);
  }
  std::set<int> formulas;
  Store reader(*backend, OpenStore::MustExist);
  const auto stored = reader.read_manifest(reader.manifests("run").back());
  std::string expected = "id " + stored->manifest.info.id + "\n";
  for (const TableRow& row : read_table(reader, *stored, 1)) {
    std::string shape;
    for (const int64_t dimension : row.entry.shape) shape += (shape.empty() ? "" : "x") + std::to_string(dimension);
    expected += cat(row.content_hash().hex(), " ", name_of(row.entry.dtype), " ", shape.empty() ? "-" : shape, " ",
                    row.entry.path, "\n");
    for (const Hash& block : row.blocks) formulas.insert(reader.places(block).front().entry.header.formula);
  }
  expected += "digest " + stored->manifest.info.digest + "\n";
  EXPECT_EQ(formulas, (std::set<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(
      output_of(cat("python3 ", test::source_dir().string(), "/tools/read_snapshot.py ", (folder / "store").string(),
                    " ", stored->manifest.key().key(), " ", (folder / "out").string())),
      expected);
  EXPECT_EQ(test::read_text(folder / "out/record/note"), "a note");
}

}  // namespace
}  // namespace cairn
