// Fills a network as a golden file says.
#pragma once
#include <nlohmann/json.hpp>

namespace torch::nn {
class Module;
}

namespace cairn::golden {

// README.md's rule with the file's fill_exceptions, fill_rules and running_var_exponent. Buffers that no rule names,
// and integers, keep their constructed values. Fails for a parameter without a rule and for an exception it cannot
// read.
void fill_weights(torch::nn::Module& module, const nlohmann::json& file);

}  // namespace cairn::golden
