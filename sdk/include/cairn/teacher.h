// Optional ability of a model, "cairn.teacher/1": it learns from another network, whose weights the host reads for it.
// The teacher lives outside module(): neither optimizer nor average touches it. Its weights are part of the plugin's
// own state, so that a resumed run does not need the file again.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include <cairn/error.h>

namespace cairn {

inline constexpr std::string_view kTeacherExtension = "cairn.teacher/1";

// [setup] Model::extension(kTeacherExtension) points to one, owned by the model. Null when it was told of no teacher.
class CAIRN_API Teacher {
 public:
  virtual ~Teacher() = default;
  // Where the weights are, as the pipeline names it: a safetensors or .pt file, or "snapshot://RUN[@N]" of the run's
  // stores. (A parameter whose name ends in _weights holds an absolute path by then.)
  virtual std::string teacher_file() const = 0;
  // All tensors of that file, on the CPU, for a run that begins; not for one that is resumed. Tensors that the teacher
  // does not need are ignored; missing ones and wrong shapes are FailedPrecondition.
  virtual void take_teacher(const std::vector<std::pair<std::string, at::Tensor>>& weights) = 0;
};

}  // namespace cairn
