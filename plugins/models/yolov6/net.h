// A variant as a network.
#pragma once
#include "common/network.h"
#include "yolov6/head.h"
#include "yolov6/variants.h"

namespace cairn::models {

// State: backbone, neck, detect, as published. Filled from the seed.
std::shared_ptr<Network> yolov6_network(const YoloV6Variant& variant, const YoloV6HeadForm& form, uint64_t seed);
// [row, path, module, channels in, channels out, parameters] as they are executed.
List yolov6_listing(Network& network, const LayerTable& table);

}  // namespace cairn::models
