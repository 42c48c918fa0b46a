// Crashes at one sample of every epoch, whoever makes it.
#include <csignal>

#include <cairn/augmentation.h>

namespace {
struct Params {
  int64_t picture = 0;
};
class Crasher final : public cairn::Augmentation {
 public:
  explicit Crasher(const Params& params) : params_(params) {}
  cairn::Sample apply(cairn::Sample sample, std::span<const cairn::Sample>, const cairn::AugmentContext& at,
                      cairn::Rng&) const override {
    if (sample.index == params_.picture && at.phase == cairn::Phase::Train && at.epoch == 5) raise(SIGSEGV);
    return sample;
  }

 private:
  Params params_;
};
}  // namespace

CAIRN_PLUGIN("bad.crashes_on_a_sample", "1.0.0",
             cairn::augmentation<Crasher, Params>("crashes_on_a_sample", "crashes at one picture in the sixth epoch")
                 .param("picture", &Params::picture, cairn::at_least(0), "the picture at which it crashes"))
