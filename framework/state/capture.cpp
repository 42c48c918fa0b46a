#include "state/capture.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "state/torch_dtype.h"

namespace cairn {

namespace {

constexpr size_t kPiece = 1u << 20;  // copied by one thread at a time

struct Piece {
  std::byte* to;
  const std::byte* from;
  size_t size;
};

}  // namespace

struct CaptureWriter::Pending {
  at::Tensor tensor;
  std::span<std::byte> into;
};

CaptureWriter::CaptureWriter(TreeSink& sink, std::string_view part) : sink_(sink), part_(part) {}
CaptureWriter::~CaptureWriter() = default;

void CaptureWriter::tensor(std::string_view path, const at::Tensor& value) {
  const std::string full = cat(part_, path);
  if (!value.defined()) fail(Code::InvalidArgument, "the tensor at '", full, "' is undefined");
  const auto dtype = dtype_of(value.scalar_type());
  if (!dtype || value.layout() != at::kStrided) {
    fail(Code::InvalidArgument, "the tensor at '", full, "' has type ", c10::toString(value.scalar_type()),
         "; a snapshot holds dense tensors of real numbers, integers and bool");
  }
  const auto bytes = sink_.add({full, *dtype, value.sizes().vec(), value.numel() * uint64_t{size_of(*dtype)}});
  if (!bytes.empty()) pending_.push_back({value.detach(), bytes});
}

void CaptureWriter::scalar(std::string_view path, DType dtype, std::vector<int64_t> shape, const void* bytes,
                           size_t size) {
  const auto into = sink_.add({cat(part_, path), dtype, std::move(shape), size});
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
  std::vector<Piece> pieces;
  for (const Pending& pending : pending_) {
    const at::Tensor& from = pending.tensor;
    if (from.is_cpu() && from.is_contiguous()) {
      const auto* bytes = static_cast<const std::byte*>(from.const_data_ptr());
      for (size_t at = 0; at < pending.into.size(); at += kPiece) {
        pieces.push_back({pending.into.data() + at, bytes + at, std::min(kPiece, pending.into.size() - at)});
      }
    } else {
      at::from_blob(pending.into.data(), from.sizes(), from.options().device(at::kCPU)).copy_(from);
    }
  }
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Piece& piece = pieces[static_cast<size_t>(i)];
      std::memcpy(piece.to, piece.from, piece.size);
    }
  });
  pending_.clear();
}

}  // namespace cairn
