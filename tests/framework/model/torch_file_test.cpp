// What is taken from files of torch.save.
#include "model/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cairn/model.h>

#include "framework/model/torch_bytes.h"
#include "model/weights.h"
#include "plugin/registry.h"
#include "support/files.h"

namespace cairn::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const TensorFile& file) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  return names;
}

// {"a.weight": [[1, 2], [3, 4]], "a.bias": the transposed second half of the same storage}
PickleBytes& state(PickleBytes& pickle) {
  pickle.ordered().op("(").text("a.weight").tensor("FloatStorage", "0", 6, 0, {2, 2}, {2, 1});
  return pickle.text("a.bias").tensor("FloatStorage", "0", 6, 2, {2, 2}, {1, 2}).op("u");
}

const std::vector<std::pair<std::string, std::vector<std::byte>>> kSix{{"0", floats({1, 2, 3, 4, 5, 6})}};

TEST(TorchFile, IsAState) {
  PickleBytes pickle;
  const TensorFile file = decode_torch_file(torch_bytes(state(pickle).end(), kSix), "x.pt");
  ASSERT_THAT(names(file), ElementsAre("a.weight", "a.bias"));
  EXPECT_TRUE(at::equal(file.tensors[0].second, at::tensor({1.F, 2.F, 3.F, 4.F}).view({2, 2})));
  EXPECT_TRUE(at::equal(file.tensors[1].second, at::tensor({3.F, 5.F, 4.F, 6.F}).view({2, 2})));
}

// A module as it is pickled: class, empty tuple, NEWOBJ, its dictionary, BUILD.
PickleBytes& begin_module(PickleBytes& pickle, std::string_view module, std::string_view name) {
  return pickle.global(module, name).op(")\x81}(").text("training").op("\x88");
}

PickleBytes& network(PickleBytes& pickle, const std::string& key) {
  begin_module(pickle, "models.yolo", "Model").text("yaml").op("}").text("_modules").ordered().op("(").text("model");
  begin_module(pickle, "torch.nn.modules.batchnorm", "BatchNorm2d")
      .text("_parameters")
      .ordered()
      .op("(")
      .text("weight");
  pickle.global("torch._utils", "_rebuild_parameter").op("(").tensor("HalfStorage", key, 2, 0, {2}, {1});
  pickle.op("\x88").ordered().op("tR").text("bias").op("Nu");
  pickle.text("_buffers").ordered().op("(").text("mean").tensor("HalfStorage", key, 2, 1, {}, {});
  pickle.text("unkept").tensor("HalfStorage", key, 2, 1, {}, {}).op("u");
  pickle.text("_non_persistent_buffers_set").global("__builtin__", "set").op("](").text("unkept").op("e\x85R");
  return pickle.op("ub").op("uub");
}

std::vector<std::byte> halves(float a, float b) {
  return ByteWriter().number(c10::Half(a).x).number(c10::Half(b).x).take();
}

TEST(TorchFile, IsACheckpointWhoseAverageIsTaken) {
  PickleBytes pickle;
  pickle.op("}(").text("epoch").integer(-1).text("best_fitness").global("numpy.core.multiarray", "scalar");
  pickle.op("(").global("numpy", "dtype").op("(").text("f8").op("\x89\x88tR").text("12345678").op("tR");
  network(pickle.text("model"), "0");
  network(pickle.text("ema"), "1");
  pickle.text("optimizer").op("N").text("date").text("2024").op("u");
  const auto bytes = torch_bytes(pickle.end(), {{"0", halves(1, 2)}, {"1", halves(3, 4)}});
  const TensorFile file = decode_torch_file(bytes, "x.pt");
  ASSERT_THAT(names(file), ElementsAre("model.weight", "model.mean"));
  EXPECT_TRUE(at::equal(file.tensors[0].second.to(at::kFloat), at::tensor({3.F, 4.F})));
  EXPECT_EQ(file.tensors[1].second.item<float>(), 4);
}

TEST(TorchFile, IsACheckpointWithoutAnAverage) {
  PickleBytes pickle;
  network(pickle.op("}(").text("ema").op("N").text("model"), "0").op("u");
  const TensorFile file = decode_torch_file(torch_bytes(pickle.end(), {{"0", halves(1, 2)}}), "x.pt");
  EXPECT_THAT(names(file), ElementsAre("model.weight", "model.mean"));
}

TEST(TorchFile, IsToldFromSafetensorsByItsBytes) {
  const TempFolder folder;
  PickleBytes pickle;
  write_durably(real_files(), folder.path() / "a.pt", torch_bytes(state(pickle).end(), kSix));
  write_tensors(real_files(), folder.path() / "b.pt", {{{"one", at::ones({1})}}, {}});
  write_durably(real_files(), folder.path() / "old.pt",
                text_bytes({"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8\x50\x19.\x80\x02M\xe9\x03.", 21}));
  EXPECT_EQ(read_weight_file(real_files(), folder.path() / "a.pt").tensors.size(), 2U);
  EXPECT_THAT(names(read_weight_file(real_files(), folder.path() / "b.pt")), ElementsAre("one"));
  try {
    read_weight_file(real_files(), folder.path() / "old.pt");
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
    EXPECT_THAT(error.message(), HasSubstr("before PyTorch 1.6"));
  }
}

std::unique_ptr<Model> small_network(uint64_t seed) {
  static Registry registry;
  static const bool once = (registry.add_folder(plugin_dir()), true);
  EXPECT_TRUE(once);
  Context context;
  context.classes = {"a", "b"};
  context.seed = seed;
  return registry.create<Model>("yolov8", {{"variant", "custom"}, {"width", 0.03125}}, context);
}

std::string_view storage_name(const at::Tensor& tensor) {
  return tensor.is_floating_point() ? "FloatStorage" : "LongStorage";
}

// What torch.save(model.state_dict()) makes.
std::vector<std::byte> saved(const NamedTensors& state) {
  PickleBytes pickle;
  pickle.ordered().op("(");
  std::vector<std::pair<std::string, std::vector<std::byte>>> storages;
  for (const auto& [name, tensor] : state) {
    const at::Tensor whole = tensor.contiguous();
    const auto* data = static_cast<const std::byte*>(whole.const_data_ptr());
    const std::string key = std::to_string(storages.size());
    storages.push_back({key, {data, data + whole.nbytes()}});
    const auto narrow = [](at::IntArrayRef sides) { return std::vector<int32_t>(sides.begin(), sides.end()); };
    pickle.text(name).tensor(storage_name(whole), key, static_cast<int32_t>(whole.numel()), 0, narrow(whole.sizes()),
                             narrow(whole.strides()));
  }
  return torch_bytes(pickle.op("u").end(), storages);
}

TEST(TorchFile, CarriesANetworkUnderItsPublishedNames) {
  const auto from = small_network(1), to = small_network(2);
  const TensorFile file = decode_torch_file(saved(named_state(from->module())), "x.pt");
  EXPECT_EQ(load_weights(to->module(), file, LoadPolicy::Strict).unused.size(), 0U);
  const NamedTensors expected = named_state(from->module()), found = named_state(to->module());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(at::equal(expected[i].second, found[i].second)) << expected[i].first;
  }
}

TEST(TorchFile, WithoutTensorsIsNone) {
  try {
    decode_torch_file(torch_bytes(PickleBytes().op("}").text("epoch").integer(3).op("s").end(), {}), "x.pt");
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::InvalidArgument);
    EXPECT_THAT(error.message(), HasSubstr("no weights"));
  }
}

}  // namespace
}  // namespace cairn::test
