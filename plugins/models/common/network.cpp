#include "common/network.h"

#include <ATen/ATen.h>

namespace cairn::models {

namespace {

// A bare container on the way to a layer.
class Folder final : public torch::nn::Module {};

Value from_as_written(const std::vector<int>& from) {
  if (from.size() == 1) return from[0];
  List list;
  for (const int row : from) list.emplace_back(row);
  return list;
}

}  // namespace

Network::Network(const LayerTable& table, const Makers& makers, const Scaling& scaling, int64_t image_channels)
    : channels_(1, std::vector<int64_t>{image_channels}) {
  for (const Row& row : table) {
    add_row(row, makers, scaling);
    register_layer(row.path.empty() ? "model." + std::to_string(layers_.size() - 1) : row.path);
  }
  std::vector<size_t> last_reader(layers_.size() + 1, layers_.size());
  for (size_t i = 0; i < wiring_.size(); ++i) {
    for (const size_t read : wiring_[i].reads) last_reader[read] = i;
  }
  for (size_t output = 0; output < last_reader.size(); ++output) {
    if (last_reader[output] < wiring_.size()) wiring_[last_reader[output]].drops.push_back(output);
  }
}

void Network::add_row(const Row& row, const Makers& makers, const Scaling& scaling) {
  const auto index = static_cast<int>(layers_.size());
  const auto maker = makers.find(row.module);
  if (maker == makers.end()) fail(Code::Internal, "layer table row ", index, ": no maker for module ", row.module);
  Wiring wiring;
  Place place{{}, scaling.repeats(row.repeats), row.args, scaling};
  for (const int from : row.from) {
    const int source = from < 0 ? index + from : from;
    if (source < -1 || source >= index) fail(Code::Internal, "layer table row ", index, " reads row ", source);
    wiring.reads.push_back(static_cast<size_t>(source + 1));
    place.inputs.push_back(channels_[wiring.reads.back()]);
  }
  Made made = maker->second(place);
  layers_.push_back(std::move(made.layer));
  channels_.push_back(std::move(made.channels));
  wiring_.push_back(std::move(wiring));
  listing_.emplace_back(list_of(index, from_as_written(row.from), row.module, std::move(made.arguments)));
}

void Network::register_layer(const std::string& path) {
  torch::nn::Module* folder = this;
  size_t begin = 0;
  for (size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    const std::string name = path.substr(begin, dot - begin);
    const auto children = folder->named_children();
    const auto* found = children.find(name);
    folder = found != nullptr ? found->get() : folder->register_module(name, std::make_shared<Folder>()).get();
    begin = dot + 1;
  }
  folder->register_module(path.substr(begin), layers_.back());
}

Tensors Network::forward(const at::Tensor& images_BCHW) {
  std::vector<Tensors> outputs(layers_.size() + 1);
  outputs[0] = {images_BCHW};
  std::vector<Tensors> inputs;
  for (size_t i = 0; i < layers_.size(); ++i) {
    inputs.clear();
    for (const size_t read : wiring_[i].reads) inputs.push_back(outputs[read]);
    Tensors result = layers_[i]->run(inputs);
    for (const size_t dropped : wiring_[i].drops) outputs[dropped].clear();
    outputs[i + 1] = std::move(result);
  }
  return std::move(outputs.back());
}

}  // namespace cairn::models
