// What a run begins with and a resumed one has in its snapshot: weights, and what the model asks the host for.
#pragma once
#include <functional>
#include <vector>

#include <cairn/dataset.h>
#include <cairn/dataset_statistics.h>
#include <cairn/model.h>

#include "model/weights.h"

namespace cairn {

// All boxes of a set, in pixels of its pictures brought to image_size.
std::vector<BoxSize> box_sizes(const Dataset& dataset, int64_t image_size);

using ReadWeights = std::function<TensorFile(const std::string& source)>;

// What fits of the weights is taken; what was taken and what not is logged. InvalidArgument when nothing fits.
void load_initial_weights(Model& model, const std::string& source, const ReadWeights& read, Logger& log);

// To the model's optional abilities (cairn/teacher.h, cairn/dataset_statistics.h), in this order.
void hand_over_what_it_asks_for(Model& model, const Dataset& train, int64_t image_size, const ReadWeights& read,
                                Logger& log);

}  // namespace cairn
