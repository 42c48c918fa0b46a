#include "checkpoint/codec/block_codec.h"

#include <algorithm>

#include <cairn/error.h>

#include "checkpoint/codec/planes.h"

namespace cairn {

namespace {

bool is_real(DType dtype) {
  return dtype == DType::Float32 || dtype == DType::Float64 || dtype == DType::Float16 || dtype == DType::BFloat16 ||
         dtype == DType::Real;
}

Twist twist_of(DType dtype) {
  return is_real(dtype) ? Twist::Rotate : Twist::None;
}

}  // namespace

EncodedBlock encode_full(const Hash& name, DType dtype, BytesView bytes) {
  EncodedBlock block;
  block.header.name = name;
  block.header.element = static_cast<uint8_t>(dtype);
  block.header.raw_size = static_cast<uint32_t>(bytes.size());
  if (bytes.size() % size_of(dtype) == 0) {
    if (auto planes = encode_planes(bytes, size_of(dtype), twist_of(dtype), bytes.size())) {
      block.header.codec = static_cast<uint8_t>(Codec::Planes);
      block.payload = std::move(*planes);
    }
  }
  if (block.header.codec == static_cast<uint8_t>(Codec::Raw)) block.payload.assign(bytes.begin(), bytes.end());
  block.header.stored_size = static_cast<uint32_t>(block.payload.size());
  return block;
}

void decode_block(const BlockHeader& header, BytesView payload, std::span<const BytesView> operands,
                  std::span<std::byte> into) {
  const std::string what = "block " + header.name.hex();
  const auto dtype = dtype_of(header.element);
  if (!dtype || into.size() != header.raw_size || header.raw_size % size_of(*dtype) != 0 ||
      operands.size() != header.operands.size()) {
    fail(Code::DataLoss, what, " is damaged: its header is out of bounds");
  }
  switch (static_cast<Codec>(header.codec)) {
    case Codec::Raw:
      if (payload.size() != into.size()) fail(Code::DataLoss, what, " is damaged: raw bytes of another size");
      std::copy(payload.begin(), payload.end(), into.begin());
      return;
    case Codec::Planes:
      decode_planes(payload, size_of(*dtype), twist_of(*dtype), into, what);
      return;
    default:
      fail(Code::DataLoss, what, " has codec ", int{header.codec},
           ", which this cairn does not know: use a newer cairn");
  }
}

}  // namespace cairn
