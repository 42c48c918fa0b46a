#include "checkpoint/codec/difference.h"

#include <cstdint>
#include <type_traits>

#include <cairn/error.h>

#include "checkpoint/codec/vectorize.h"

namespace cairn {

namespace {

// Integers have their order already. Of a real number with the sign set all other bits are turned round.
template <class T, bool kReal>
inline T ordered(T bits) {
  if constexpr (!kReal) return bits;
  using Signed = std::make_signed_t<T>;
  const T sign = static_cast<T>(static_cast<Signed>(bits) >> (8 * sizeof(T) - 1));
  return static_cast<T>(bits ^ static_cast<T>(sign & static_cast<T>(static_cast<T>(~T{0}) >> 1)));
}

template <class T, bool kReal>
inline void fold(const T* bytes, const T* prediction, size_t count, T* into) {
  using Signed = std::make_signed_t<T>;
  for (size_t i = 0; i < count; ++i) {
    const T d = static_cast<T>(ordered<T, kReal>(bytes[i]) - ordered<T, kReal>(prediction[i]));
    into[i] = static_cast<T>(static_cast<T>(d << 1) ^ static_cast<T>(static_cast<Signed>(d) >> (8 * sizeof(T) - 1)));
  }
}

template <class T, bool kReal>
inline void unfold(const T* folded, const T* prediction, size_t count, T* into) {
  for (size_t i = 0; i < count; ++i) {
    const T d = static_cast<T>(static_cast<T>(folded[i] >> 1) ^ static_cast<T>(T{0} - static_cast<T>(folded[i] & 1)));
    into[i] = ordered<T, kReal>(static_cast<T>(ordered<T, kReal>(prediction[i]) + d));
  }
}

// The usual type, for each instruction set.
CAIRN_VECTORIZE void fold_float(const uint32_t* bytes, const uint32_t* prediction, size_t count, uint32_t* into) {
  for (size_t i = 0; i < count; ++i) {
    const uint32_t b = bytes[i], p = prediction[i];
    const uint32_t ob = b ^ (static_cast<uint32_t>(static_cast<int32_t>(b) >> 31) & 0x7FFFFFFFu);
    const uint32_t op = p ^ (static_cast<uint32_t>(static_cast<int32_t>(p) >> 31) & 0x7FFFFFFFu);
    const uint32_t d = ob - op;
    into[i] = d << 1 ^ static_cast<uint32_t>(static_cast<int32_t>(d) >> 31);
  }
}

CAIRN_VECTORIZE void unfold_float(const uint32_t* folded, const uint32_t* prediction, size_t count, uint32_t* into) {
  for (size_t i = 0; i < count; ++i) {
    const uint32_t p = prediction[i];
    const uint32_t op = p ^ (static_cast<uint32_t>(static_cast<int32_t>(p) >> 31) & 0x7FFFFFFFu);
    const uint32_t o = op + (folded[i] >> 1 ^ (0u - (folded[i] & 1u)));
    into[i] = o ^ (static_cast<uint32_t>(static_cast<int32_t>(o) >> 31) & 0x7FFFFFFFu);
  }
}

template <class T, bool kReal, class First, class Into>
void run_fold(First bytes, First prediction, Into into) {
  fold<T, kReal>(reinterpret_cast<const T*>(bytes.data()), reinterpret_cast<const T*>(prediction.data()),
                 into.size() / sizeof(T), reinterpret_cast<T*>(into.data()));
}

template <class T, bool kReal, class First, class Into>
void run_unfold(First folded, First prediction, Into into) {
  unfold<T, kReal>(reinterpret_cast<const T*>(folded.data()), reinterpret_cast<const T*>(prediction.data()),
                   into.size() / sizeof(T), reinterpret_cast<T*>(into.data()));
}

const uint32_t* words(std::span<const std::byte> bytes) {
  return reinterpret_cast<const uint32_t*>(bytes.data());
}

}  // namespace

bool is_real(DType dtype) {
  return dtype == DType::Float32 || dtype == DType::Float64 || dtype == DType::Float16 || dtype == DType::BFloat16 ||
         dtype == DType::Real;
}

void difference(DType dtype, std::span<const std::byte> bytes, std::span<const std::byte> prediction,
                std::span<std::byte> into) {
  const bool real = is_real(dtype);
  switch (size_of(dtype)) {
    case 1:
      return run_fold<uint8_t, false>(bytes, prediction, into);
    case 2:
      return real ? run_fold<uint16_t, true>(bytes, prediction, into)
                  : run_fold<uint16_t, false>(bytes, prediction, into);
    case 4:
      if (real)
        return fold_float(words(bytes), words(prediction), into.size() / 4, reinterpret_cast<uint32_t*>(into.data()));
      return run_fold<uint32_t, false>(bytes, prediction, into);
    default:
      return real ? run_fold<uint64_t, true>(bytes, prediction, into)
                  : run_fold<uint64_t, false>(bytes, prediction, into);
  }
}

void undo_difference(DType dtype, std::span<const std::byte> folded, std::span<const std::byte> prediction,
                     std::span<std::byte> into) {
  const bool real = is_real(dtype);
  switch (size_of(dtype)) {
    case 1:
      return run_unfold<uint8_t, false>(folded, prediction, into);
    case 2:
      return real ? run_unfold<uint16_t, true>(folded, prediction, into)
                  : run_unfold<uint16_t, false>(folded, prediction, into);
    case 4:
      if (real)
        return unfold_float(words(folded), words(prediction), into.size() / 4,
                            reinterpret_cast<uint32_t*>(into.data()));
      return run_unfold<uint32_t, false>(folded, prediction, into);
    default:
      return real ? run_unfold<uint64_t, true>(folded, prediction, into)
                  : run_unfold<uint64_t, false>(folded, prediction, into);
  }
}

}  // namespace cairn
