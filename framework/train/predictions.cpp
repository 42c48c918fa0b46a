#include "train/predictions.h"

namespace cairn {
namespace {

constexpr int64_t kMostSteps = 100000;

// After n updates average_n = keep * average_0 + sum of c_j * model_j with c_j = (1 - d_j) * d_j+1 * ... * d_n. With
// model_j on the way from the old model to the new one, the sum is old * model_0 + now * model_n.
struct Span {
  double keep = 1, old = 0, now = 0;
};

Span span_of(const Ema& ema, int64_t steps) {
  Span span;
  for (int64_t j = steps; j >= 1; --j) {
    const double decay = ema.decay_of(ema.updates() - steps + j);
    const double share = span.keep * (1 - decay), way = static_cast<double>(j) / static_cast<double>(steps);
    span.old += share * (1 - way);
    span.now += share * way;
    span.keep *= decay;
  }
  return span;
}

}  // namespace

void predict_average(const Ema& ema, int64_t steps, std::vector<Prediction>& to) {
  using From = PredictionOperand::From;
  if (steps < 1 || steps > kMostSteps || steps > ema.updates()) return;
  const Span span = span_of(ema, steps);
  const auto as_float = [](double value) { return static_cast<double>(static_cast<float>(value)); };
  for (const auto& [name, tensor] : ema.entries()) {
    if (!tensor.is_floating_point()) continue;
    const std::string average = "ema/" + name, model = "model/" + name;
    if (steps == 1) {
      const double decay = ema.last_decay();
      to.push_back(
          {average, "ema/1", {{From::Base, average}, {From::This, model}}, {as_float(decay), as_float(1 - decay)}});
    } else {
      to.push_back({average,
                    "ema_span/1",
                    {{From::Base, average}, {From::Base, model}, {From::This, model}},
                    {as_float(span.keep), as_float(span.old), as_float(span.now)}});
    }
  }
}

std::vector<Prediction> predictions_since(const CutInfo& base, const RunState& state, const Stages& stages) {
  std::vector<Prediction> all;
  const int64_t steps = state.at.step - base.step;
  if (steps == 1) {
    if (auto* known = static_cast<Predictions*>(stages.optimizer->extension(kPredictionExtension))) {
      all = known->of_last_step({"model", "optimizer", stages.gradient_factor});
    }
  }
  if (stages.ema != nullptr) predict_average(*stages.ema, steps, all);
  return all;
}

}  // namespace cairn
