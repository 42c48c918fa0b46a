// Writes a part of the state tree into a sink. Tensors are borrowed; they are copied while the rest is written. Those
// of an accelerator are copied within it, and come to the host when the sink asks for them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <cairn/state.h>

#include "state/copier.h"
#include "state/tree.h"

namespace cairn {

// [train thread] One per part ("state/" or "record/"); parts may share a copier, which outlives them. What is written
// is complete after copy(), but for what the sink was told to fill later.
class CaptureWriter final : public StateWriter {
 public:
  CaptureWriter(TreeSink& sink, std::string_view part, Copier& copier);
  ~CaptureWriter() override;
  void tensor(std::string_view path, const at::Tensor& value) override;
  void integer(std::string_view path, int64_t value) override;
  void real(std::string_view path, double value) override;
  void text(std::string_view path, std::string_view value) override;

  // Copies what is not copied yet. Until then no tensor that was written may be modified.
  void copy();

 private:
  void scalar(std::string_view path, DType dtype, std::vector<int64_t> shape, const void* bytes, size_t size);
  void copy_devices();
  struct Pending;
  TreeSink& sink_;
  std::string part_;
  Copier& copier_;
  std::vector<Pending> pending_;
};

}  // namespace cairn
