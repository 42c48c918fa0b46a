// Works, but writes into shared pixels, counts its calls and moves boxes out of the picture.
#include <atomic>

#include <cairn/augmentation.h>

namespace {
class Sloppy final : public cairn::Augmentation {
 public:
  explicit Sloppy(const cairn::NoParams&) {}
  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext&,
                      cairn::Rng&) const override {
    static std::atomic<int> calls{0};
    sample.image.ptr(0)[0] = static_cast<uint8_t>(++calls);
    for (cairn::Box& box : sample.boxes) box.x2 += 1000;
    return sample;
  }
};
}  // namespace

CAIRN_PLUGIN("bad.sloppy_augmentation", "1.0.0", cairn::augmentation<Sloppy>("sloppy", "breaks its promises"))
