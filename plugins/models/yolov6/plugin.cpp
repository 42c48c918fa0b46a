#include "yolov6/presets.h"
#include "yolov6/yolov6.h"

namespace {
using cairn::models::YoloV6Params;
}  // namespace

CAIRN_PLUGIN(
    "cairn.yolov6", "1.0.0",
    cairn::model<cairn::models::YoloV6, YoloV6Params>("yolov6",
                                                      "YOLOv6: re-parameterised trunk, task-aligned, varifocal")
        .param("variant", &YoloV6Params::variant, cairn::one_of(cairn::models::yolov6_variant_names()),
               "size and form; 6 adds a level of stride 64")
        .param("boxes", &YoloV6Params::boxes, cairn::one_of({"variant", "distance", "distribution"}),
               "what the box branches predict; a teacher needs distribution")
        .param("fuse_ab", &YoloV6Params::fuse_ab,
               "anchor-aided training: a branch with anchors that inference leaves out")
        .param("box", &YoloV6Params::box, cairn::at_least(0), cairn::sweepable, "gain of the box loss")
        .param("cls", &YoloV6Params::cls, cairn::at_least(0), cairn::sweepable, "gain of the class loss")
        .param("dfl", &YoloV6Params::dfl, cairn::at_least(0), cairn::sweepable, "gain of the distribution loss")
        .param("topk", &YoloV6Params::topk, cairn::range(1, 100),
               "anchors that an object may keep; twice as many in the branch with anchors")
        .param("alpha", &YoloV6Params::alpha, cairn::range(0, 10), "exponent of the score in the assigner's metric")
        .param("beta", &YoloV6Params::beta, cairn::range(0.1, 20), "exponent of the overlap in the assigner's metric")
        .param("atss_warmup_epochs", &YoloV6Params::atss_warmup_epochs, cairn::at_least(-1), cairn::unit::epochs,
               "first epochs with ATSS as the assigner; -1: the variant's own")
        .param("teacher_weights", &YoloV6Params::teacher_weights,
               "file of a trained teacher of the same variant, or snapshot://RUN[@N]; empty: none")
        .param("temperature", &YoloV6Params::temperature, cairn::more_than(0), cairn::sweepable,
               "of the distributions that are compared with the teacher's")
        .param("distill_cls", &YoloV6Params::distill_cls, cairn::at_least(-1), cairn::sweepable,
               "weight of the teacher's classes; -1: the variant's own")
        .param("distill_dfl", &YoloV6Params::distill_dfl, cairn::at_least(0), cairn::sweepable,
               "weight of the teacher's distributions")
        .param("distill_feature", &YoloV6Params::distill_feature, cairn::at_least(0), cairn::sweepable,
               "weight of the teacher's features; 0: not compared, published: 10")
        .with(cairn::models::AddPresets{cairn::models::yolov6_presets()}))
