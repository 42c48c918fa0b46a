#include "state/device_copy.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace cairn {

namespace {

constexpr int64_t kBufferBytes = 8 << 20;

// The processor has none: there everything is done at once.
bool has_streams(at::Device device) {
  return !device.is_cpu();
}

at::Tensor bytes_as_they_lie(const at::Tensor& dense) {
  return dense.as_strided({dense.numel()}, {1}).view(at::kByte);
}

}  // namespace

// Host memory that the device fills while the other buffer is emptied.
class DeviceCopy::Buffer {
 public:
  explicit Buffer(at::Device device)
      : device_(device),
        memory_(at::empty({kBufferBytes}, at::TensorOptions(at::kByte).pinned_memory(has_streams(device)))) {}

  // As many as there is room for; the rest stays in `parts`.
  void fill(std::span<const Part>& parts) {
    int64_t used = 0;
    size_t count = 0;
    for (; count < parts.size() && used + parts[count].from.numel() <= kBufferBytes; ++count) {
      const int64_t size = parts[count].from.numel();
      memory_.narrow(0, used, size).copy_(parts[count].from, /*non_blocking=*/true);
      used += size;
    }
    filled_ = parts.first(count);
    parts = parts.subspan(count);
    if (!has_streams(device_)) return;
    done_.emplace(device_.type());
    done_->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  }

  void empty() {
    if (done_) done_->synchronize();
    const auto* from = memory_.const_data_ptr<uint8_t>();
    for (const Part& part : filled_) {
      std::memcpy(part.into.data(), from, part.into.size());
      from += part.into.size();
    }
    filled_ = {};
  }

 private:
  at::Device device_;
  at::Tensor memory_;
  std::span<const Part> filled_;
  std::optional<c10::Event> done_;
};

void DeviceCopy::add(const at::Tensor& from, std::span<std::byte> into) {
  tensors_.push_back(from.detach());
  into_.push_back(into);
}

void DeviceCopy::stage() {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> copies;
  copies.reserve(tensors_.size());
  try {
    for (const at::Tensor& tensor : tensors_) copies.push_back(at::empty_like(tensor));
  } catch (const c10::OutOfMemoryError&) {
    copies.clear();
    return finish();
  }
  at::_foreach_copy_(copies, tensors_, /*non_blocking=*/true);
  tensors_ = std::move(copies);
  if (!has_streams(device_)) return;
  staged_.emplace(device_.type());
  staged_->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

std::vector<DeviceCopy::Part> DeviceCopy::parts() const {
  std::vector<Part> parts;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    const at::Tensor bytes = bytes_as_they_lie(tensors_[i]);
    for (int64_t at = 0; at < bytes.numel(); at += kBufferBytes) {
      const int64_t size = std::min(kBufferBytes, bytes.numel() - at);
      parts.push_back(
          {bytes.narrow(0, at, size), into_[i].subspan(static_cast<size_t>(at), static_cast<size_t>(size))});
    }
  }
  return parts;
}

void DeviceCopy::finish() {
  const at::NoGradGuard no_grad;
  std::optional<c10::StreamGuard> beside;
  if (staged_) {
    const c10::impl::VirtualGuardImpl device(device_.type());
    beside.emplace(device.getStreamFromGlobalPool(device_));
    staged_->block(beside->current_stream());
  }
  const std::vector<Part> all = parts();
  std::span<const Part> left = all;
  std::array<Buffer, 2> buffers{Buffer(device_), Buffer(device_)};
  for (size_t turn = 0; !left.empty(); ++turn) {
    buffers[turn % 2].fill(left);
    buffers[(turn + 1) % 2].empty();
  }
  for (Buffer& buffer : buffers) buffer.empty();
  tensors_.clear();
}

}  // namespace cairn
