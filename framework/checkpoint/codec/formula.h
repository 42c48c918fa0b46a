// The closed list of predictions that a difference may be stored against. docs/format/codecs.md has each as IEEE
// operations in a written order; sdk/include/cairn/prediction.h says which optimizer names which.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace cairn {

// Numbers stand in packs and are never reused.
enum class Formula : uint8_t {
  None = 0,
  Previous = 1,
  Ema = 2,
  Sgd = 3,
  Bf16Grad = 4,
  Adam = 5,
  AdamSquare = 6,
  AmsGrad = 7,
  EmaSpan = 8,
};

struct FormulaInfo {
  Formula formula;
  std::string_view name;
  size_t operands;
  size_t scalars;
};

const FormulaInfo* find_formula(std::string_view name);  // null when unknown
const FormulaInfo* find_formula(uint8_t number);

using Numbers = std::span<const float>;

// All spans have the length of `out`; counts are as the formula's info says. Not Previous, not Bf16Grad.
void predict(Formula formula, std::span<const Numbers> operands, std::span<const double> scalars, std::span<float> out);

// Bf16Grad: the gradients that explain `momentum` best, and the momentum that gradients predict. Operands are the
// base's momentum and weight.
void recover_gradients(Numbers momentum, std::span<const Numbers> operands, std::span<const double> scalars,
                       std::span<uint16_t> gradients);
void predict_momentum(std::span<const uint16_t> gradients, std::span<const Numbers> operands,
                      std::span<const double> scalars, std::span<float> out);

}  // namespace cairn
