// Tensors of an accelerator on their way into host memory, while the device computes on.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cairn {

// Dense tensors of one device, their bytes as they lie.
class DeviceCopy {
 public:
  explicit DeviceCopy(at::Device device) : device_(device) {}
  // [train thread] `into` has the tensor's size and stays until finish().
  void add(const at::Tensor& from, std::span<std::byte> into);
  // [train thread] Enqueues a copy within the device, behind all that its stream computes now. Then the tensors may
  // change, and whatever computes next does not wait for the host. Where the device has no memory for it, the copy to
  // the host is made at once.
  void stage();
  // [any thread] The copy to the host, on a stream of its own and by way of two pinned buffers.
  void finish();

 private:
  struct Part {
    at::Tensor from;  // bytes, at most a buffer
    std::span<std::byte> into;
  };
  class Buffer;
  std::vector<Part> parts() const;

  at::Device device_;
  std::vector<at::Tensor> tensors_;  // from stage() on copies
  std::vector<std::span<std::byte>> into_;
  std::optional<c10::Event> staged_;
};

}  // namespace cairn
