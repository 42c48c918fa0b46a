#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <cairn/error.h>
#include <cairn/random.h>

#include "checkpoint/codec/block_codec.h"
#include "checkpoint/codec/difference.h"

namespace cairn {
namespace {

using Floats = std::vector<float>;

Floats normal(size_t count, uint64_t seed, double scale = 0.05) {
  Rng rng({seed});
  Floats values(count);
  for (float& value : values) value = static_cast<float>(scale * rng.normal());
  return values;
}

BytesView view(const Floats& values) {
  return std::as_bytes(std::span(values));
}

// Every special value beside every other one.
Floats special() {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  return {0.f, -0.f, 1.f, -1.f, inf, -inf, nan, -nan, 1e-45f, -1e-45f, 3e38f, -3e38f};
}

// Borrows the operands.
DeltaBase base_of(Formula formula, const std::vector<Floats>& operands, std::vector<double> scalars) {
  DeltaBase base;
  base.formula = formula;
  for (const Floats& operand : operands) {
    base.operands.push_back(view(operand));
    base.names.push_back(sha256(view(operand)));
  }
  base.scalars = std::move(scalars);
  return base;
}

size_t stored(const Floats& values, const DeltaBase& base) {
  const EncodedBlock block = encode_delta(sha256(view(values)), DType::Float32, view(values), base);
  Floats back(values.size());
  decode_block(block.header, block.payload, base.operands, std::as_writable_bytes(std::span(back)));
  EXPECT_EQ(std::memcmp(back.data(), values.data(), 4 * values.size()), 0);
  return block.payload.size();
}

double rounded(double x) {
  return static_cast<double>(static_cast<float>(x));
}

TEST(Difference, IsUndoneForEveryTypeAndValue) {
  const Floats values = special();
  for (const auto& [dtype, name] : kDTypeNames) {
    for (size_t shift = 0; shift < values.size(); ++shift) {
      Floats other = values;
      std::rotate(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(shift), other.end());
      std::vector<std::byte> folded(view(values).size()), back(folded.size());
      difference(dtype, view(values), view(other), folded);
      undo_difference(dtype, folded, view(other), back);
      EXPECT_EQ(std::memcmp(back.data(), values.data(), back.size()), 0) << name;
    }
  }
}

TEST(Difference, OfNeighboursIsOneOrTwo) {
  const Floats a{0.f, 1.f, -1.f, 1e-45f}, b{-0.f, std::nextafter(1.f, 2.f), std::nextafter(-1.f, -2.f), 0.f};
  std::vector<std::byte> folded(16);
  difference(DType::Float32, view(a), view(b), folded);
  for (size_t i = 0; i < 16; i += 4) {
    EXPECT_LE(static_cast<int>(folded[i]), 2);
    EXPECT_GE(static_cast<int>(folded[i]), 1);
    EXPECT_EQ(static_cast<int>(folded[i + 1]), 0);
  }
}

// Against double arithmetic rounded after each operation: nothing is contracted, on any instruction set.
TEST(Formulas, RoundEachOperationByItself) {
  const size_t n = 5000;
  const Floats w = normal(n, 1), m = normal(n, 2), old = normal(n, 3);
  const std::vector<Numbers> operands{w, m, old};
  Floats out(n);
  predict(Formula::Sgd, operands, std::vector<double>{0.01, 0.937}, out);
  const double lr = rounded(0.01), ahead = rounded(1.937), mu = rounded(0.937);
  for (size_t i = 0; i < n; ++i) {
    const double inner = rounded(rounded(ahead * m[i]) - rounded(mu * old[i]));
    ASSERT_EQ(out[i], static_cast<float>(w[i] - rounded(lr * inner)));
  }
  predict(Formula::Ema, operands, std::vector<double>{0.999, 0.001}, out);
  for (size_t i = 0; i < n; ++i) {
    ASSERT_EQ(out[i], static_cast<float>(rounded(rounded(0.999) * w[i]) + rounded(rounded(0.001) * m[i])));
  }
  Floats v = normal(n, 4);
  for (float& x : v) x *= x;
  const std::vector<Numbers> adam{w, m, v};
  predict(Formula::Adam, adam, std::vector<double>{0.01, 0.9, 0.999, 1e-8, 0.05, 3}, out);
  const double b1 = 0.9 * (0.9 * 0.9), b2 = 0.999 * (0.999 * 0.999);
  const double size = rounded(0.01 / (1 - b1)), root = rounded(std::sqrt(1 - b2)), eps = rounded(1e-8);
  for (size_t i = 0; i < n; ++i) {
    const double below = rounded(rounded(rounded(std::sqrt(v[i])) / root) + eps);
    const double change = rounded(rounded(size * m[i]) / below);
    ASSERT_EQ(out[i], static_cast<float>(rounded(w[i] * rounded(1 - 0.01 * 0.05)) - change));
  }
}

TEST(Delta, ComesBackForEveryFormula) {
  for (const size_t n : {1, 15, 5000, 100000}) {
    const std::vector<Floats> all{normal(n, 1), normal(n, 2), normal(n, 3)};
    const Floats values = normal(n, 4);
    const std::vector<double> scalars{0.01, 0.9, 0.999, 1e-8, 0.05, 7};
    for (uint8_t number = 1; number <= 8; ++number) {
      const FormulaInfo* info = find_formula(number);
      ASSERT_NE(info, nullptr);
      stored(values, base_of(info->formula, {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(info->operands)},
                             {scalars.begin(), scalars.begin() + static_cast<std::ptrdiff_t>(info->scalars)}));
    }
  }
}

TEST(Delta, ComesBackForSpecialValues) {
  const Floats values = special();
  Floats turned(values.rbegin(), values.rend());
  stored(values, base_of(Formula::Previous, {turned}, {}));
  stored(values, base_of(Formula::Sgd, {turned, values, turned}, {0.01, 0.9}));
  stored(values, base_of(Formula::Adam, {turned, values, turned}, {0.01, 0.9, 0.999, 1e-8, 0, 1e300}));
  stored(values, base_of(Formula::Bf16Grad, {turned, values}, {0.9, 0.0005, 0}));
}

TEST(Delta, OfAPerfectPredictionIsNearlyNothing) {
  const size_t n = 100000;
  const Floats w = normal(n, 1), m = normal(n, 2), old = normal(n, 3);
  Floats next(n);
  const std::vector<Numbers> operands{w, m, old};
  predict(Formula::Sgd, operands, std::vector<double>{0.01, 0.937}, next);
  EXPECT_LT(stored(next, base_of(Formula::Sgd, {w, m, old}, {0.01, 0.937})), 64u);
  EXPECT_GT(stored(next, base_of(Formula::Previous, {w}, {})), n);
}

TEST(Delta, StoresBf16GradientsInTwoBytes) {
  const size_t n = 100000;
  const Floats m = normal(n, 1), w = normal(n, 2);
  Floats next(n);
  for (size_t i = 0; i < n; ++i) {
    float g = normal(1, i + 10)[0];
    uint32_t bits = 0;
    std::memcpy(&bits, &g, 4);
    bits &= 0xFFFF0000u;
    std::memcpy(&g, &bits, 4);
    const float decayed = 0.0005f * w[i], kept = 0.9f * m[i];
    next[i] = kept + (g + decayed);
  }
  const std::vector<Floats> operands{m, w};
  const DeltaBase base = base_of(Formula::Bf16Grad, operands, {0.9, 0.0005, 1});
  EXPECT_TRUE(explained_by_gradients(view(next), base));
  EXPECT_FALSE(explained_by_gradients(view(normal(n, 3)), base));
  EXPECT_LT(stored(next, base), 2 * n);
}

TEST(Delta, RefusesHeadersThatNoEncoderWrites) {
  const Floats a = normal(100, 1), b = normal(100, 2);
  const EncodedBlock block =
      encode_delta(sha256(view(a)), DType::Float32, view(a), base_of(Formula::Previous, {b}, {}));
  Floats back(100);
  const auto decode = [&](const BlockHeader& header, std::vector<BytesView> operands) {
    decode_block(header, block.payload, operands, std::as_writable_bytes(std::span(back)));
  };
  BlockHeader header = block.header;
  EXPECT_NO_THROW(decode(header, {view(b)}));
  EXPECT_THROW(decode(header, {}), Error);
  EXPECT_THROW(decode(header, {view(b).first(396)}), Error);
  header.formula = 99;
  EXPECT_THROW(decode(header, {view(b)}), Error);
  header.formula = static_cast<uint8_t>(Formula::Sgd);
  EXPECT_THROW(decode(header, {view(b)}), Error);
}

}  // namespace
}  // namespace cairn
