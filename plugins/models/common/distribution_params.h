// The parameters of distribution_loss() that plugins offer.
#pragma once
#include <cairn/params.h>

#include "common/distribution_loss.h"

namespace cairn::models {

struct DistributionParams {
  double box = 7.5, cls = 0.5, dfl = 1.5;
  int64_t topk = 10;
  double alpha = 0.5, beta = 6.0;
  double box_bias = 1.0;
};

inline DistributionLossRule rule_of(const DistributionParams& params, const std::vector<double>& strides) {
  DistributionLossRule rule;
  rule.assigner.topk = params.topk;
  rule.assigner.alpha = params.alpha;
  rule.assigner.beta = params.beta;
  rule.box_gain = params.box;
  rule.cls_gain = params.cls;
  rule.dfl_gain = params.dfl;
  rule.strides = strides;
  return rule;
}

// For FactoryBuilder::with.
struct AddDistributionParams {
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    using P = DistributionParams;
    return std::move(builder)
        .param("box", &P::box, at_least(0), sweepable, "gain of the box loss")
        .param("cls", &P::cls, at_least(0), sweepable, "gain of the class loss")
        .param("dfl", &P::dfl, at_least(0), sweepable, "gain of the distribution loss")
        .param("topk", &P::topk, range(1, 100), "anchors that an object may keep")
        .param("alpha", &P::alpha, range(0, 10), "exponent of the score in the assigner's metric")
        .param("beta", &P::beta, range(0.1, 20), "exponent of the overlap in the assigner's metric")
        .param("box_bias", &P::box_bias, range(-100, 100), "first bias of the box branches");
  }
};

}  // namespace cairn::models
