// Layer tables: a network as rows {from, repeats, module, arguments}, the form in which the families publish theirs,
// and the makers that turn a row into a layer.
#pragma once
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <cairn/value.h>

#include "common/layer.h"

namespace cairn::models {

// `from`: rows whose outputs are read, -k the row k before, otherwise an absolute index; -1 in row 0 is the image.
// `args`: whatever the module's maker expects; channels are unscaled.
// `path`: the layer's place in the state ("backbone.stem"); empty: model.{row}.
struct Row {
  std::vector<int> from;
  int64_t repeats = 1;
  std::string module;
  std::vector<int64_t> args;
  std::string path{};
};
using LayerTable = std::vector<Row>;

struct Scaling {
  double depth = 1, width = 1;
  int64_t max_channels = std::numeric_limits<int32_t>::max();
  int64_t channels(int64_t unscaled) const;  // min with max_channels, times width, up to a multiple of 8
  int64_t repeats(int64_t unscaled) const;   // 1 stays; otherwise times depth, half to even, at least 1
};

// Entries for a listing, one by one.
template <class... Values>
List list_of(Values&&... values) {
  List list;
  list.reserve(sizeof...(values));
  (list.emplace_back(std::forward<Values>(values)), ...);
  return list;
}

// What a maker is told about the row it builds.
struct Place {
  std::vector<std::vector<int64_t>> inputs;  // channels of every tensor of every row in `from`
  int64_t repeats;                           // scaled
  const std::vector<int64_t>& args;
  const Scaling& scaling;
  int64_t in() const { return inputs[0][0]; }
  int64_t arg(size_t i, int64_t otherwise) const { return i < args.size() ? args[i] : otherwise; }
  int64_t out() const { return scaling.channels(args.at(0)); }  // of modules whose first argument is their width
};

struct Made {
  std::shared_ptr<Layer> layer;
  std::vector<int64_t> channels;  // of every tensor that comes out
  List arguments;                 // as built, for listings
};
using Maker = std::function<Made(const Place&)>;
using Makers = std::map<std::string, Maker>;

// Conv {out, k, s, padding}, C2f {out, shortcut}, C2 {out, shortcut}, SPPF {out, k}, Upsample {}, Concat {}. A family
// adds its own blocks and its head, and may replace any.
Makers standard_makers();

}  // namespace cairn::models
