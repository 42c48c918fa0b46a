#include "common/adam_family.h"

namespace cairn::optimizers {
namespace {

class Adam final : public AdamFamily {
 public:
  explicit Adam(const AdamParams& params) : AdamFamily("adam", Decay::InGradient, params) {}
};

}  // namespace
}  // namespace cairn::optimizers

CAIRN_PLUGIN("cairn.adam", "1.0.0",
             cairn::optimizer<cairn::optimizers::Adam, cairn::optimizers::AdamParams>(
                 "adam", "Adam; weight decay is added to the gradient")
                 .with(cairn::optimizers::AddAdamParams{}))
