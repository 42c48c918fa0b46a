// The library's two models.
#include "yolov5/anchor_free.h"
#include "yolov5/presets.h"
#include "yolov5/yolov5.h"

namespace {

using cairn::models::YoloV5Params;
using cairn::models::YoloV5uParams;

template <class Params>
struct AddSize {
  template <class Builder>
  Builder&& operator()(Builder&& builder) const {
    return std::move(builder)
        .param("variant", &Params::variant, cairn::one_of(cairn::models::yolov5_variant_names()),
               "size; 6 adds a level of stride 64; custom takes depth and width")
        .param("depth", &Params::depth, cairn::range(0.01, 4), "custom: repeats are multiplied by this")
        .param("width", &Params::width, cairn::range(0.03125, 4), "custom: channels are multiplied by this");
  }
};

}  // namespace

CAIRN_PLUGIN("cairn.yolov5", "1.0.0",
             cairn::model<cairn::models::YoloV5, YoloV5Params>("yolov5", "YOLOv5: anchors, objectness, CSP body")
                 .with(AddSize<YoloV5Params>{})
                 .with(cairn::models::AddAnchorParams{})
                 .param("autobalance", &YoloV5Params::autobalance,
                        "the weights of the levels' objectness follow the inverse of their losses")
                 .with(cairn::models::AddPresets{cairn::models::yolov5_presets()}),
             cairn::model<cairn::models::YoloV5u, YoloV5uParams>(
                 "yolov5u", "YOLOv5, anchor free: the body of YOLOv5 with head and loss of YOLOv8")
                 .with(AddSize<YoloV5uParams>{})
                 .with(cairn::models::AddDistributionParams{})
                 .preset("published", cairn::models::to_toml(cairn::models::yolov5u_published()))
                 .preset("current", cairn::models::to_toml(cairn::models::yolov5u_current())))
