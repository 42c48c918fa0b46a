// Optional ability of an optimizer, "cairn.prediction/1": it names how its newest step made the new state from the old
// one, so that a snapshot can store the small difference to that prediction. Names only: encoding and decoding never
// call a plugin, and an entry that turns out wrong costs space, never bits.
//
// Formulas (docs/format has them as IEEE operations in a written order). b is the base snapshot, one step earlier, and
// t this one; operands come in the order of the names in brackets, then the scalars.
//   sgd/1          weight of t          [b.weight, t.momentum, b.momentum] lr, mu
//                  w - lr * ((1 + mu) * m' - mu * m); plain momentum is named with mu = 0
//   bf16grad/1     momentum of t        [b.momentum, b.weight] mu, weight_decay, factor
//                  mu * m + (g * factor + weight_decay * w), where g is a bf16 number that is stored
//   adam/1         weight of t          [b.weight, t.exp_avg, t.second] lr, beta1, beta2, eps, weight_decay, step
//                  w * (1 - lr * weight_decay) - lr / (1 - beta1^step) * m' / (sqrt(s') / sqrt(1 - beta2^step) + eps);
//                  second is max_exp_avg_sq under amsgrad, else exp_avg_sq; weight_decay is 0 unless decoupled
//   adam_square/1  exp_avg_sq of t      [b.exp_avg_sq, b.exp_avg, t.exp_avg] beta1, beta2
//                  beta2 * v + (1 - beta2) * g * g with g = m + (m' - m) / (1 - beta1)
//   amsgrad/1      max_exp_avg_sq of t  [b.max_exp_avg_sq, t.exp_avg_sq]
//                  max(x, v')
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <cairn/error.h>

namespace cairn {

inline constexpr std::string_view kPredictionExtension = "cairn.prediction/1";

struct PredictionOperand {
  enum class From { This, Base } from = From::Base;
  std::string path;  // in the state tree
};

struct Prediction {
  std::string path;     // what is predicted, in the state tree
  std::string formula;  // "sgd/1"
  std::vector<PredictionOperand> operands;
  std::vector<double> scalars;
};

// What the host knows about the newest step.
struct PredictionPlaces {
  std::string weights = "model";  // tree of the weights: weights + "/" + parameter's name
  std::string own = "optimizer";  // tree of the optimizer's own state
  double gradient_factor = 1.0;   // what clipping multiplied the gradients by
};

// extension(kPredictionExtension) points to one. Owned by the optimizer.
class CAIRN_API Predictions {
 public:
  virtual ~Predictions() = default;
  // [train thread] For the newest step; empty before the first one and after load(). At most one entry per path; no
  // cycles.
  virtual std::vector<Prediction> of_last_step(const PredictionPlaces& places) const = 0;
};

}  // namespace cairn
