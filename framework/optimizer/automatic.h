// Which optimizer a run gets that leaves the choice to cairn (optimizer type "auto").
#pragma once
#include <string>

#include <cairn/progress.h>

namespace cairn {

enum class AutomaticRule { Published, Current };  // how the families' trainers chose then, and choose now

struct AutomaticChoice {
  std::string type;  // "sgd", "musgd" (Current only) or "adamw"
  double lr = 0;
  double momentum = 0.9;        // of the build, adamw: beta1; the warm-up still ends at the pipeline's setting
  double warmup_bias_lr = 0.0;  // in place of the scheduler's default
  int64_t iterations = 0;       // ceil(images / max(batch, nominal)) * epochs; above 10 000 it is sgd
};

AutomaticChoice choose_optimizer(const Plan& plan, AutomaticRule rule);

}  // namespace cairn
