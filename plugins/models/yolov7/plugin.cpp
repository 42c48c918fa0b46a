#include "yolov7/presets.h"
#include "yolov7/yolov7.h"

namespace {
using cairn::models::YoloV7Params;
}  // namespace

CAIRN_PLUGIN(
    "cairn.yolov7", "1.0.0",
    cairn::model<cairn::models::YoloV7, YoloV7Params>(
        "yolov7", "YOLOv7: anchors, ELAN body, implicit knowledge, optimal transport assignment")
        .param("variant", &YoloV7Params::variant, cairn::one_of(cairn::models::yolov7_variant_names()),
               "tiny, v7, x for 640 pixels; w6, e6, d6, e6e for 1280")
        .param("width", &YoloV7Params::width, cairn::range(0.03125, 4), "channels are multiplied by this")
        .with(cairn::models::AddAnchorParams{})
        .param("loss_ota", &YoloV7Params::loss_ota,
               "candidates are assigned by their predictions; otherwise all of them learn, and auxiliary heads do "
               "not")
        .param("auxiliary_gain", &YoloV7Params::auxiliary_gain, cairn::at_least(0), cairn::sweepable,
               "weight of the auxiliary heads' loss beside the lead heads'")
        .with(cairn::models::AddPresets{cairn::models::yolov7_presets()}))
