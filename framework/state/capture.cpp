#include "state/capture.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "base/stream_copy.h"
#include "state/torch_dtype.h"

namespace cairn {

namespace {

constexpr size_t kPiece = 1u << 20;  // copied by one thread at a time

struct Piece {
  std::byte* to;
  const std::byte* from;
  size_t size;
};

std::string below(std::string_view part, std::string_view path) {
  std::string full;
  full.reserve(part.size() + path.size());
  return full.append(part).append(path);
}

bool lies_dense(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.is_non_overlapping_and_dense();
}

}  // namespace

struct CaptureWriter::Pending {
  at::Tensor tensor;
  std::span<std::byte> into;
};

CaptureWriter::CaptureWriter(TreeSink& sink, std::string_view part) : sink_(sink), part_(part) {}
CaptureWriter::~CaptureWriter() = default;

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
  if (!bytes.empty()) pending_.push_back({value, bytes});
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
  std::vector<Piece> pieces;
  for (const Pending& pending : pending_) {
    const at::Tensor& from = pending.tensor;
    if (lies_dense(from)) {
      const auto* bytes = static_cast<const std::byte*>(from.const_data_ptr());
      for (size_t at = 0; at < pending.into.size(); at += kPiece) {
        pieces.push_back({pending.into.data() + at, bytes + at, std::min(kPiece, pending.into.size() - at)});
      }
    } else {
      at::from_blob(pending.into.data(), from.sizes(), from.options().device(at::kCPU)).copy_(from.detach());
    }
  }
  at::parallel_for(0, static_cast<int64_t>(pieces.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Piece& piece = pieces[static_cast<size_t>(i)];
      stream_copy(piece.to, piece.from, piece.size);
    }
  });
  pending_.clear();
}

}  // namespace cairn
