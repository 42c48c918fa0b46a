// The module built from a layer table.
#pragma once
#include "common/table.h"

namespace cairn::models {

// State names are model.{row}.{name in the layer}, or {path}.{name in the layer} for rows with a path; rows without
// parameters keep their index.
// Fails with Internal for a table that refers to rows that are not there, which is a mistake of the table's author.
class Network final : public torch::nn::Module {
 public:
  Network(const LayerTable& table, const Makers& makers, const Scaling& scaling, int64_t image_channels = 3);

  // The outputs of the last row. A row's output is dropped after its last reader.
  Tensors forward(const at::Tensor& images_BCHW);

  template <class Type>
  Type& last() {
    return dynamic_cast<Type&>(*layers_.back());
  }
  size_t size() const { return layers_.size(); }
  Layer& layer(size_t row) { return *layers_.at(row); }
  // One entry per row: [index, from, module, arguments as built].
  const List& listing() const { return listing_; }

 private:
  void add_row(const Row& row, const Makers& makers, const Scaling& scaling);
  void register_layer(const std::string& path);

  struct Wiring {
    std::vector<size_t> reads;  // 0 is the image, row i is i + 1
    std::vector<size_t> drops;  // outputs that nobody reads after this row
  };
  std::vector<std::shared_ptr<Layer>> layers_;
  std::vector<Wiring> wiring_;
  std::vector<std::vector<int64_t>> channels_;  // of the image and of every row's outputs
  List listing_;
};

}  // namespace cairn::models
