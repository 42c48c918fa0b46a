// Writes a part of the state tree into a sink: tensors first as borrowed handles, copied together at the end.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <cairn/state.h>

#include "state/tree.h"

namespace cairn {

// [train thread] One per part ("state/" or "record/"). What is written is complete after copy().
class CaptureWriter final : public StateWriter {
 public:
  CaptureWriter(TreeSink& sink, std::string_view part);
  ~CaptureWriter() override;
  void tensor(std::string_view path, const at::Tensor& value) override;
  void integer(std::string_view path, int64_t value) override;
  void real(std::string_view path, double value) override;
  void text(std::string_view path, std::string_view value) override;

  // Copies every tensor, in parallel. They must not have been modified since they were written.
  void copy();

 private:
  void scalar(std::string_view path, DType dtype, std::vector<int64_t> shape, const void* bytes, size_t size);
  struct Pending;
  TreeSink& sink_;
  std::string part_;
  std::vector<Pending> pending_;
};

}  // namespace cairn
