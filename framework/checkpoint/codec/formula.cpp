#include "checkpoint/codec/formula.h"

#include <bit>
#include <cmath>

#include <cairn/error.h>

#include "checkpoint/codec/vectorize.h"

namespace cairn {

namespace {

constexpr FormulaInfo kFormulas[] = {
    {Formula::Previous, "previous/1", 1, 0}, {Formula::Ema, "ema/1", 2, 2},
    {Formula::Sgd, "sgd/1", 3, 2},           {Formula::Bf16Grad, "bf16grad/1", 2, 3},
    {Formula::Adam, "adam/1", 3, 6},         {Formula::AdamSquare, "adam_square/1", 3, 2},
    {Formula::AmsGrad, "amsgrad/1", 2, 0},   {Formula::EmaSpan, "ema_span/1", 3, 3},
};

// By squaring, from the lowest bit of the exponent up: the same bits on every machine, which pow() does not promise.
double power(double base, uint64_t exponent) {
  double result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

uint64_t step_of(double scalar) {
  return scalar >= 1 && scalar < 9007199254740992.0 ? static_cast<uint64_t>(scalar) : 1;
}

CAIRN_VECTORIZE void ema(const float* average, const float* model, size_t count, float keep, float take, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = keep * average[i] + take * model[i];
}

CAIRN_VECTORIZE void ema_span(const float* average, const float* old_model, const float* model, size_t count,
                              float keep, float take_old, float take, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = keep * average[i] + (take_old * old_model[i] + take * model[i]);
}

CAIRN_VECTORIZE void sgd(const float* weight, const float* momentum, const float* old, size_t count, float lr,
                         float ahead, float mu, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = weight[i] - lr * (ahead * momentum[i] - mu * old[i]);
}

CAIRN_VECTORIZE void adam(const float* weight, const float* first, const float* second, size_t count, float shrink,
                          float size, float root, float eps, float* out) {
  for (size_t i = 0; i < count; ++i) {
    out[i] = weight[i] * shrink - size * first[i] / (__builtin_sqrtf(second[i]) / root + eps);
  }
}

CAIRN_VECTORIZE void adam_square(const float* square, const float* old_first, const float* first, size_t count,
                                 float part, float beta2, float rest, float* out) {
  for (size_t i = 0; i < count; ++i) {
    const float gradient = old_first[i] + (first[i] - old_first[i]) / part;
    out[i] = beta2 * square[i] + rest * gradient * gradient;
  }
}

CAIRN_VECTORIZE void amsgrad(const float* largest, const float* second, size_t count, float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = second[i] > largest[i] ? second[i] : largest[i];
}

CAIRN_VECTORIZE void recover(const float* momentum, const float* old, const float* weight, size_t count, float mu,
                             float decay, float factor, uint16_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const float gradient = ((momentum[i] - mu * old[i]) - decay * weight[i]) / factor;
    const uint32_t bits = __builtin_bit_cast(uint32_t, gradient);
    out[i] = static_cast<uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);  // to nearest, ties to even
  }
}

CAIRN_VECTORIZE void momentum_of(const uint16_t* gradient, const float* old, const float* weight, size_t count,
                                 float mu, float decay, float factor, float* out) {
  for (size_t i = 0; i < count; ++i) {
    const float g = __builtin_bit_cast(float, static_cast<uint32_t>(gradient[i]) << 16);
    out[i] = mu * old[i] + (g * factor + decay * weight[i]);
  }
}

}  // namespace

const FormulaInfo* find_formula(std::string_view name) {
  for (const FormulaInfo& info : kFormulas) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

const FormulaInfo* find_formula(uint8_t number) {
  for (const FormulaInfo& info : kFormulas) {
    if (static_cast<uint8_t>(info.formula) == number) return &info;
  }
  return nullptr;
}

void predict(Formula formula, std::span<const Numbers> operands, std::span<const double> scalars,
             std::span<float> out) {
  const auto operand = [&](size_t i) { return operands[i].data(); };
  const auto scalar = [&](size_t i) { return static_cast<float>(scalars[i]); };
  const size_t count = out.size();
  switch (formula) {
    case Formula::Ema:
      return ema(operand(0), operand(1), count, scalar(0), scalar(1), out.data());
    case Formula::EmaSpan:
      return ema_span(operand(0), operand(1), operand(2), count, scalar(0), scalar(1), scalar(2), out.data());
    case Formula::Sgd:
      return sgd(operand(0), operand(1), operand(2), count, scalar(0), static_cast<float>(1 + scalars[1]), scalar(1),
                 out.data());
    case Formula::Adam: {
      const double lr = scalars[0], step = scalars[5];
      const auto shrink = static_cast<float>(1 - lr * scalars[4]);
      const auto size = static_cast<float>(lr / (1 - power(scalars[1], step_of(step))));
      const auto root = static_cast<float>(std::sqrt(1 - power(scalars[2], step_of(step))));
      return adam(operand(0), operand(1), operand(2), count, shrink, size, root, scalar(3), out.data());
    }
    case Formula::AdamSquare:
      return adam_square(operand(0), operand(1), operand(2), count, static_cast<float>(1 - scalars[0]), scalar(1),
                         static_cast<float>(1 - scalars[1]), out.data());
    case Formula::AmsGrad:
      return amsgrad(operand(0), operand(1), count, out.data());
    default:
      fail(Code::Internal, "formula ", int{static_cast<uint8_t>(formula)}, " predicts no numbers");
  }
}

void recover_gradients(Numbers momentum, std::span<const Numbers> operands, std::span<const double> scalars,
                       std::span<uint16_t> gradients) {
  recover(momentum.data(), operands[0].data(), operands[1].data(), gradients.size(), static_cast<float>(scalars[0]),
          static_cast<float>(scalars[1]), static_cast<float>(scalars[2]), gradients.data());
}

void predict_momentum(std::span<const uint16_t> gradients, std::span<const Numbers> operands,
                      std::span<const double> scalars, std::span<float> out) {
  momentum_of(gradients.data(), operands[0].data(), operands[1].data(), out.size(), static_cast<float>(scalars[0]),
              static_cast<float>(scalars[1]), static_cast<float>(scalars[2]), out.data());
}

}  // namespace cairn
