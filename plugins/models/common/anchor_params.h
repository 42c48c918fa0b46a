// The parameters of anchor-based families.
#pragma once
#include <cairn/params.h>

#include "common/anchor_loss.h"

namespace cairn::models {

struct AnchorParams {
  double box = 0.05, obj = 1.0, cls = 0.5;
  double cls_pw = 1, obj_pw = 1;
  double anchor_t = 4, fl_gamma = 0, label_smoothing = 0;
  std::vector<double> anchors;
  bool auto_anchor = true;
};

inline AnchorLossRule rule_of(const AnchorParams& params, const std::vector<double>& strides, const IouRule& iou) {
  AnchorLossRule rule;
  rule.strides = strides;
  rule.box_gain = params.box;
  rule.obj_gain = params.obj;
  rule.cls_gain = params.cls;
  rule.cls_positive = params.cls_pw;
  rule.obj_positive = params.obj_pw;
  rule.focal_gamma = params.fl_gamma;
  rule.label_smoothing = params.label_smoothing;
  rule.iou = iou;
  return rule;
}

// For FactoryBuilder::with.
struct AddAnchorParams {
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    using P = AnchorParams;
    return std::move(builder)
        .param("box", &P::box, at_least(0), sweepable, "gain of the box loss, for 3 levels")
        .param("obj", &P::obj, at_least(0), sweepable, "gain of the objectness loss, for 3 levels and 640 pixels")
        .param("cls", &P::cls, at_least(0), sweepable, "gain of the class loss, for 3 levels and 80 classes")
        .param("cls_pw", &P::cls_pw, more_than(0), "weight of positive targets in the class loss")
        .param("obj_pw", &P::obj_pw, more_than(0), "weight of positive targets in the objectness loss")
        .param("anchor_t", &P::anchor_t, range(1.01, 100), "largest ratio of an object's side to its anchor's")
        .param("fl_gamma", &P::fl_gamma, range(0, 10), "exponent of the focal loss; 0 is plain cross entropy")
        .param("label_smoothing", &P::label_smoothing, range(0, 0.99), "share of the class targets that is spread")
        .param("anchors", &P::anchors, range(1, 100000), unit::pixels,
               "width, height, width, ... of all anchors, level after level; empty: the variant's own")
        .param("auto_anchor", &P::auto_anchor,
               "anchors are chosen anew when the published ones fit the training set badly; not with anchors given");
  }
};

}  // namespace cairn::models
