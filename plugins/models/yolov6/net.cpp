#include "yolov6/net.h"

#include "common/detector.h"
#include "common/initialise.h"
#include "yolov6/lite.h"

namespace cairn::models {

std::shared_ptr<Network> yolov6_network(const YoloV6Variant& variant, const YoloV6HeadForm& form, uint64_t seed) {
  Makers makers = yolov6_makers(variant.blocks);
  add_lite_makers(makers);
  makers["Detect"] = [&form](const Place& at) {
    std::vector<int64_t> widths;
    for (const auto& input : at.inputs) widths.push_back(input[0]);
    return Made{std::make_shared<YoloV6Head>(form, widths), {}, {}};
  };
  auto network = std::make_shared<Network>(variant.table, makers, Scaling{});
  initialise(*network, seed);
  network->last<YoloV6Head>().set_prior();
  return network;
}

List yolov6_listing(Network& network, const LayerTable& table) {
  List rows;
  const auto add = [&rows](const std::string& path, const List& row) {
    List entry = list_of(static_cast<int64_t>(rows.size()), path);
    entry.insert(entry.end(), row.begin(), row.end());
    rows.emplace_back(std::move(entry));
  };
  for (size_t i = 0; i + 1 < table.size(); ++i) {
    if (table[i].path.empty()) continue;
    List row = network.listing()[i].list().back().list();
    row.emplace_back(parameter_elements(network.layer(i)));
    add(table[i].path, row);
  }
  for (const Value& entry : network.last<YoloV6Head>().listing()) {
    const List& row = entry.list();
    add("detect." + row[0].text(), List(row.begin() + 1, row.end()));
  }
  return rows;
}

}  // namespace cairn::models
