#include "state/capture.h"

#include <ATen/ATen.h>

#include <cstring>
#include <map>

#include "state/device_copy.h"
#include "state/torch_dtype.h"

namespace cairn {

namespace {

std::string below(std::string_view part, std::string_view path) {
  std::string full;
  full.reserve(part.size() + path.size());
  return full.append(part).append(path);
}

bool lies_dense(const at::Tensor& tensor) {
  return tensor.is_non_overlapping_and_dense();
}

}  // namespace

struct CaptureWriter::Pending {
  at::Tensor tensor;
  std::span<std::byte> into;
};

CaptureWriter::CaptureWriter(TreeSink& sink, std::string_view part, Copier& copier)
    : sink_(sink), part_(part), copier_(copier) {}

// The tensors are let go of only when nobody reads them.
CaptureWriter::~CaptureWriter() {
  copier_.wait();
}

void CaptureWriter::tensor(std::string_view path, const at::Tensor& value) {
  std::string full = below(part_, path);
  if (!value.defined()) fail(Code::InvalidArgument, "the tensor at '", full, "' is undefined");
  const auto dtype = dtype_of(value.scalar_type());
  if (!dtype || value.layout() != at::kStrided) {
    fail(Code::InvalidArgument, "the tensor at '", full, "' has type ", c10::toString(value.scalar_type()),
         "; a snapshot holds dense tensors of real numbers, integers and bool");
  }
  TreeEntry entry{std::move(full), *dtype, value.sizes().vec(), value.numel() * uint64_t{size_of(*dtype)}};
  const bool lies_otherwise = lies_dense(value) && !value.is_contiguous();
  const auto bytes =
      lies_otherwise ? sink_.add_as_it_lies(std::move(entry), value.strides().vec()) : sink_.add(std::move(entry));
  if (bytes.empty()) return;
  pending_.push_back({value, bytes});
  if (value.is_cpu() && lies_dense(value))
    copier_.add(bytes.data(), static_cast<const std::byte*>(value.const_data_ptr()), bytes.size());
}

void CaptureWriter::scalar(std::string_view path, DType dtype, std::vector<int64_t> shape, const void* bytes,
                           size_t size) {
  const auto into = sink_.add({below(part_, path), dtype, std::move(shape), size});
  if (size > 0) std::memcpy(into.data(), bytes, size);
}

void CaptureWriter::integer(std::string_view path, int64_t value) {
  scalar(path, DType::Integer, {}, &value, sizeof value);
}
void CaptureWriter::real(std::string_view path, double value) {
  scalar(path, DType::Real, {}, &value, sizeof value);
}
void CaptureWriter::text(std::string_view path, std::string_view value) {
  scalar(path, DType::Text, {static_cast<int64_t>(value.size())}, value.data(), value.size());
}

void CaptureWriter::copy() {
  copy_devices();
  for (const Pending& pending : pending_) {
    const at::Tensor& from = pending.tensor;
    if (!from.is_cpu() || lies_dense(from)) continue;
    at::from_blob(pending.into.data(), from.sizes(), from.options()).copy_(from.detach());
  }
  copier_.finish();
  pending_.clear();
}

void CaptureWriter::copy_devices() {
  std::map<at::DeviceIndex, std::shared_ptr<DeviceCopy>> copies;  // co-owned by the sink from here on
  for (const Pending& pending : pending_) {
    const at::Tensor& from = pending.tensor;
    if (from.is_cpu()) continue;
    std::shared_ptr<DeviceCopy>& copy = copies[from.device().index()];
    if (copy == nullptr) copy = std::make_shared<DeviceCopy>(from.device());
    copy->add(lies_dense(from) ? from : from.contiguous(), pending.into);
  }
  for (const auto& [device, copy] : copies) {
    copy->stage();
    sink_.fill_later([copy = copy] { copy->finish(); });
  }
}

}  // namespace cairn
