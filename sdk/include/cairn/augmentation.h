// Kind augmentation: a pure function from a sample, its partners and a random stream to a sample.
#pragma once
#include <span>

#include <cairn/plugin.h>
#include <cairn/random.h>
#include <cairn/sample.h>

namespace cairn {

enum class Phase { Train, Val };

// What holds for the batch that a sample is made for.
struct AugmentContext {
  cv::Size output;           // width and height that the sample must have when it leaves the chain
  int64_t image_size = 640;  // the pipeline's nominal side length
  int64_t stride = 32;       // the model's largest stride
  Phase phase = Phase::Train;
  int64_t epoch = 0, epochs = 0;
};

// [worker, concurrent] Const: no state, no threads, no other source of randomness than `rng`.
class CAIRN_API Augmentation : public Plugin {
 public:
  ~Augmentation() override;
  // How many further samples apply() wants. They are drawn by the host from the whole set and have passed the chain's
  // preceding stages. May draw from the same stream that apply() then continues.
  virtual int partners(const AugmentContext&, Rng&) const { return 0; }
  // The sample is the callee's, but its pixels may be shared: write only through Sample::writable(). Boxes that come
  // back are inside the picture, with positive width and height; polygons stay parallel to boxes.
  virtual Sample apply(Sample sample, std::span<const Sample> partners, const AugmentContext&, Rng&) const = 0;
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> augmentation(std::string type, std::string help) {
  return {Kind::Augmentation, std::move(type), std::move(help)};
}

}  // namespace cairn
