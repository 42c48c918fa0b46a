#include "checkpoint/codec/block_codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <cairn/error.h>

#include "base/little_endian.h"
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

// Numbers go through prediction, difference and planes in runs that stay in the nearest cache.
constexpr size_t kRunBytes = 8192;
constexpr size_t kMostOperands = 3;

struct RunMemory {
  alignas(64) std::array<float, kRunBytes / sizeof(float)> prediction;
  alignas(64) std::array<std::byte, kRunBytes> folded;
};

template <class Function>
void in_runs(size_t size, Function&& function) {
  for (size_t at = 0; at < size; at += kRunBytes) function(at, std::min(kRunBytes, size - at));
}

// Of a block; `gradients` are bf16grad/1's only.
struct Predictor {
  Formula formula;
  std::span<const BytesView> operands;
  std::span<const double> scalars;
  std::span<const uint16_t> gradients;

  // `at` and `size` are bytes of the block.
  BytesView run(size_t at, size_t size, RunMemory& memory) const {
    if (formula == Formula::Previous) return operands[0].subspan(at, size);
    const size_t count = size / sizeof(float);
    std::array<Numbers, kMostOperands> here;
    for (size_t i = 0; i < operands.size(); ++i) here[i] = numbers_of(operands[i].subspan(at, size));
    const auto numbers = std::span(here).first(operands.size());
    const auto out = std::span(memory.prediction).first(count);
    if (formula == Formula::Bf16Grad) {
      predict_momentum(gradients.subspan(at / sizeof(float), count), numbers, scalars, out);
    } else {
      predict(formula, numbers, scalars, out);
    }
    return std::as_bytes(out);
  }
};

std::optional<std::vector<std::byte>> planes_of(BytesView bytes, uint32_t width, Twist twist, size_t limit) {
  PlaneWriter planes(bytes.size(), width, twist);
  planes.put(0, bytes);
  return planes.finish(limit);
}

std::vector<std::byte> encode_difference(DType dtype, BytesView bytes, const Predictor& predictor) {
  PlaneWriter planes(bytes.size(), size_of(dtype), Twist::None);
  RunMemory memory;
  in_runs(bytes.size(), [&](size_t at, size_t size) {
    const auto folded = std::span(memory.folded).first(size);
    difference(dtype, bytes.subspan(at, size), predictor.run(at, size, memory), folded);
    planes.put(at, folded);
  });
  return std::move(*planes.finish(SIZE_MAX));
}

void decode_difference(DType dtype, BytesView payload, const Predictor& predictor, std::span<std::byte> into,
                       const std::string& what) {
  const PlaneReader planes(payload, into.size(), size_of(dtype), Twist::None, what);
  RunMemory memory;
  in_runs(into.size(), [&](size_t at, size_t size) {
    const auto folded = std::span(memory.folded).first(size);
    planes.get(at, folded);
    undo_difference(dtype, folded, predictor.run(at, size, memory), into.subspan(at, size));
  });
}

// Payload of bf16grad/1: the length of the gradients' planes, these, then the difference's planes.
std::vector<std::byte> encode_gradients(BytesView bytes, const DeltaBase& base) {
  const size_t count = bytes.size() / sizeof(float);
  std::vector<uint16_t> gradients(count);
  recover_gradients(numbers_of(bytes), numbers_of(base.operands, count), base.scalars, gradients);
  const auto first = planes_of(std::as_bytes(std::span(gradients)), sizeof(uint16_t), Twist::Rotate, SIZE_MAX);
  const auto rest =
      encode_difference(DType::Float32, bytes, {Formula::Bf16Grad, base.operands, base.scalars, gradients});
  return ByteWriter(sizeof(uint32_t) + first->size() + rest.size())
      .number(static_cast<uint32_t>(first->size()))
      .raw(*first)
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
  std::vector<uint16_t> gradients;
  Predictor predictor{info->formula, operands, header.scalars, {}};
  if (info->formula == Formula::Bf16Grad) {
    ByteReader in(payload, what);
    const auto first = in.raw(in.number<uint32_t>());
    gradients.resize(into.size() / sizeof(float));
    const std::span<std::byte> bytes = std::as_writable_bytes(std::span(gradients));
    PlaneReader(first, bytes.size(), sizeof(uint16_t), Twist::Rotate, what).get(0, bytes);
    predictor.gradients = gradients;
    payload = in.raw(in.left());
  }
  decode_difference(dtype, payload, predictor, into, what);
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
  if (!bytes.empty() && bytes.size() % size_of(dtype) == 0) {
    if (auto planes = planes_of(bytes, size_of(dtype), twist_of(dtype), bytes.size())) {
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
  block.payload = base.formula == Formula::Bf16Grad
                      ? encode_gradients(bytes, base)
                      : encode_difference(dtype, bytes, {base.formula, base.operands, base.scalars, {}});
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
      PlaneReader(payload, into.size(), size_of(*dtype), twist_of(*dtype), what).get(0, into);
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
