// Fits the picture into the output size with its proportions kept. Ends every chain.
#include "common/letterbox.h"

#include <cairn/augmentation.h>

namespace {

struct Params {
  std::string scale_up = "train";
  bool minimum_padding = false;
};

class Letterbox final : public cairn::Augmentation {
 public:
  explicit Letterbox(const Params& params) : params_(params) {}

  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext& context,
                      cairn::Rng&) const override {
    cairn::augment::LetterboxRule rule;
    rule.scale_up =
        params_.scale_up == "always" || (params_.scale_up == "train" && context.phase == cairn::Phase::Train);
    rule.minimum_padding = params_.minimum_padding;
    rule.stride = static_cast<int>(context.stride);
    cairn::augment::letterbox(sample, context.output, rule);
    return sample;
  }

 private:
  Params params_;
};

}  // namespace

CAIRN_PLUGIN("cairn.letterbox", "1.0.0",
             cairn::augmentation<Letterbox, Params>("letterbox",
                                                    "fits the picture into the output size, grey around it")
                 .param("scale_up", &Params::scale_up, cairn::one_of({"train", "always", "never"}),
                        "when small pictures are enlarged")
                 .param("minimum_padding", &Params::minimum_padding,
                        "pad only to a multiple of the stride; the size then differs from the batch's"))
