#include "common/adam_family.h"

namespace cairn::optimizers {
namespace {

class AdamW final : public AdamFamily {
 public:
  explicit AdamW(const AdamParams& params) : AdamFamily("adamw", Decay::Decoupled, params) {}
};

}  // namespace
}  // namespace cairn::optimizers

CAIRN_PLUGIN("cairn.adamw", "1.0.0",
             cairn::optimizer<cairn::optimizers::AdamW, cairn::optimizers::AdamParams>(
                 "adamw", "AdamW; weight decay shrinks the weights beside the step")
                 .with(cairn::optimizers::AddAdamParams{}))
