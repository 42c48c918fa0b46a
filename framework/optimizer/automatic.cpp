#include "optimizer/automatic.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <cairn/error.h>

namespace cairn {
namespace {

constexpr int64_t kLongRun = 10'000;  // iterations

// To six decimals as the decimal expansion says, ties to even.
double six_decimals(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6f", value);
  return std::strtod(text, nullptr);
}

}  // namespace

AutomaticChoice choose_optimizer(const Plan& plan, AutomaticRule rule) {
  const int64_t batch = std::max(plan.batch_size, plan.nominal_batch);
  if (batch < 1 || plan.images < 0 || plan.epochs < 0 || plan.classes < 1) {
    fail(Code::InvalidArgument, "optimizer \"auto\": expected batch and classes above 0, found batch ", batch, ", ",
         plan.images, " images, ", plan.epochs, " epochs, ", plan.classes, " classes");
  }
  AutomaticChoice choice;
  choice.iterations = (plan.images / batch + (plan.images % batch != 0)) * plan.epochs;
  if (choice.iterations > kLongRun) {
    choice.type = rule == AutomaticRule::Published ? "sgd" : "musgd";
    choice.lr = 0.01;
  } else {
    choice.type = "adamw";
    choice.lr = six_decimals(0.002 * 5 / static_cast<double>(4 + plan.classes));
  }
  return choice;
}

}  // namespace cairn
