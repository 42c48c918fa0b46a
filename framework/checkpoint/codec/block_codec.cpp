#include "checkpoint/codec/block_codec.h"

#include <algorithm>
#include <cstring>

#include <cairn/error.h>

#include "base/little_endian.h"
#include "base/page_allocator.h"
#include "checkpoint/codec/difference.h"
#include "checkpoint/codec/planes.h"

namespace cairn {

namespace {

constexpr size_t kSample = 2048;

Twist twist_of(DType dtype) {
  return is_real(dtype) ? Twist::Rotate : Twist::None;
}

Numbers numbers_of(BytesView bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

std::vector<Numbers> numbers_of(std::span<const BytesView> all, size_t count) {
  std::vector<Numbers> numbers;
  for (const BytesView bytes : all) numbers.push_back(numbers_of(bytes).first(count));
  return numbers;
}

// Per-thread memory for one block; it keeps its size between blocks.
struct Scratch {
  PageVector<float> prediction;
  PageVector<uint16_t> gradients;
  PageVector<std::byte> folded;
};

Scratch& scratch() {
  thread_local Scratch memory;
  return memory;
}

std::span<const std::byte> bytes_of(std::span<const uint16_t> values) {
  return std::as_bytes(values);
}

// Planes of whatever size; a byte plane that does not shrink is stored as it is.
std::vector<std::byte> planes_of(BytesView bytes, uint32_t width, Twist twist) {
  auto planes = encode_planes(bytes, width, twist, SIZE_MAX);
  return planes ? std::move(*planes) : std::vector<std::byte>{};
}

// Payload of bf16grad/1: the length of the gradients' planes, these, then the difference's planes.
std::vector<std::byte> encode_gradients(BytesView bytes, const DeltaBase& base) {
  Scratch& memory = scratch();
  const size_t count = bytes.size() / sizeof(float);
  memory.gradients.resize(count);
  memory.prediction.resize(count);
  const auto operands = numbers_of(base.operands, count);
  recover_gradients(numbers_of(bytes), operands, base.scalars, memory.gradients);
  predict_momentum(memory.gradients, operands, base.scalars, memory.prediction);
  const auto gradients = planes_of(bytes_of(memory.gradients), sizeof(uint16_t), Twist::Rotate);
  memory.folded.resize(bytes.size());
  difference(DType::Float32, bytes, std::as_bytes(std::span(memory.prediction)), memory.folded);
  const auto rest = planes_of(memory.folded, sizeof(float), Twist::None);
  return ByteWriter(sizeof(uint32_t) + gradients.size() + rest.size())
      .number(static_cast<uint32_t>(gradients.size()))
      .raw(gradients)
      .raw(rest)
      .take();
}

void refuse(bool wrong, const std::string& what, const char* why) {
  if (wrong) fail(Code::DataLoss, what, " is damaged: ", why);
}

void decode_delta(const BlockHeader& header, DType dtype, BytesView payload, std::span<const BytesView> operands,
                  std::span<std::byte> into, const std::string& what) {
  const FormulaInfo* info = find_formula(header.formula);
  if (info == nullptr) {
    fail(Code::DataLoss, what, " has formula ", int{header.formula},
         ", which this cairn does not know: use a newer cairn");
  }
  refuse(info->operands != operands.size() || info->scalars != header.scalars.size(), what,
         "its formula has another number of operands");
  refuse(info->formula != Formula::Previous && dtype != DType::Float32, what, "its formula is for float32 only");
  for (const BytesView operand : operands) refuse(operand.size() != into.size(), what, "an operand has another size");
  Scratch& memory = scratch();
  memory.folded.resize(into.size());
  if (info->formula == Formula::Previous) {
    decode_planes(payload, size_of(dtype), Twist::None, memory.folded, what);
    return undo_difference(dtype, memory.folded, operands[0], into);
  }
  const size_t count = into.size() / sizeof(float);
  const auto numbers = numbers_of(operands, count);
  memory.prediction.resize(count);
  if (info->formula == Formula::Bf16Grad) {
    ByteReader in(payload, what);
    const auto gradients = in.raw(in.number<uint32_t>());
    memory.gradients.resize(count);
    decode_planes(gradients, sizeof(uint16_t), Twist::Rotate, std::as_writable_bytes(std::span(memory.gradients)),
                  what);
    payload = in.raw(in.left());
    predict_momentum(memory.gradients, numbers, header.scalars, memory.prediction);
  } else {
    predict(info->formula, numbers, header.scalars, memory.prediction);
  }
  decode_planes(payload, sizeof(float), Twist::None, memory.folded, what);
  undo_difference(dtype, memory.folded, std::as_bytes(std::span(memory.prediction)), into);
}

EncodedBlock begin_block(const Hash& name, DType dtype, size_t size) {
  EncodedBlock block;
  block.header.name = name;
  block.header.element = static_cast<uint8_t>(dtype);
  block.header.raw_size = static_cast<uint32_t>(size);
  return block;
}

}  // namespace

EncodedBlock encode_full(const Hash& name, DType dtype, BytesView bytes) {
  EncodedBlock block = begin_block(name, dtype, bytes.size());
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

EncodedBlock encode_delta(const Hash& name, DType dtype, BytesView bytes, const DeltaBase& base) {
  EncodedBlock block = begin_block(name, dtype, bytes.size());
  block.header.codec = static_cast<uint8_t>(Codec::Delta);
  block.header.formula = static_cast<uint8_t>(base.formula);
  block.header.depth = static_cast<uint16_t>(base.depth + 1);
  block.header.operands = base.names;
  block.header.scalars = base.scalars;
  if (base.formula == Formula::Bf16Grad) {
    block.payload = encode_gradients(bytes, base);
  } else {
    Scratch& memory = scratch();
    memory.folded.resize(bytes.size());
    BytesView prediction = base.operands[0];
    if (base.formula != Formula::Previous) {
      const size_t count = bytes.size() / sizeof(float);
      memory.prediction.resize(count);
      predict(base.formula, numbers_of(base.operands, count), base.scalars, memory.prediction);
      prediction = std::as_bytes(std::span(memory.prediction));
    }
    difference(dtype, bytes, prediction, memory.folded);
    block.payload = planes_of(memory.folded, size_of(dtype), Twist::None);
  }
  block.header.stored_size = static_cast<uint32_t>(block.payload.size());
  return block;
}

bool explained_by_gradients(BytesView bytes, const DeltaBase& base) {
  const size_t count = std::min(kSample, bytes.size() / sizeof(float));
  uint16_t gradients[kSample];
  float prediction[kSample];
  const auto operands = numbers_of(base.operands, count);
  recover_gradients(numbers_of(bytes).first(count), operands, base.scalars, std::span(gradients).first(count));
  predict_momentum(std::span(gradients).first(count), operands, base.scalars, std::span(prediction).first(count));
  size_t near = 0;
  for (size_t i = 0; i < count; ++i) {
    int32_t found = 0, expected = 0;
    std::memcpy(&found, bytes.data() + i * sizeof(float), sizeof found);
    std::memcpy(&expected, &prediction[i], sizeof expected);
    near += std::abs(static_cast<int64_t>(found) - expected) <= 2;
  }
  return near > count * 3 / 4;
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
    case Codec::Delta:
      decode_delta(header, *dtype, payload, operands, into, what);
      return;
    default:
      fail(Code::DataLoss, what, " has codec ", int{header.codec},
           ", which this cairn does not know: use a newer cairn");
  }
}

}  // namespace cairn
