// What the border between host and plugin costs: one augmentation as the host calls it, loaded from its library,
// against the same source linked into this program; what a look at a library costs that is not loaded.
#include <algorithm>

#include <cairn/augmentation.h>

#include "bench/figure.h"
#include "bench/stopwatch.h"
#include "plugin/call.h"
#include "plugin/registry.h"
#include "support/files.h"

// Of plugins/augmentations/hsv.cpp, which is linked in.
extern "C" const cairn_plugin_v1_info* cairn_plugin_v1() noexcept;

namespace cairn::bench {
namespace {

constexpr int kSamples = 200;
constexpr double kMostBoundary = 1.01, kMostScanMilliseconds = 1.0;

Sample made_up() {
  Sample sample;
  sample.image = cv::Mat(640, 640, CV_8UC3);
  Rng rng({1});
  for (int y = 0; y < 640; ++y)
    for (int x = 0; x < 640 * 3; ++x) sample.image.ptr(y)[x] = static_cast<uint8_t>(rng.below(256));
  return sample;
}

// CPU seconds for kSamples of them.
template <class Apply>
double time_of(const Apply& apply) {
  const Sample sample = made_up();
  const double begin = thread_cpu_seconds();
  for (uint64_t key = 0; key < kSamples; ++key) {
    Rng rng({key});
    apply(sample, rng);
  }
  return thread_cpu_seconds() - begin;
}

// Both in turns, so that whatever else the machine does falls on both.
Json boundary() {
  Registry registry;
  registry.add_folder(test::plugin_dir());
  const auto loaded = registry.create<Augmentation>("hsv", {}, {});
  const auto made = cairn_plugin_v1()->describe()->factories[0].create({}, {});
  const auto& direct = static_cast<const Augmentation&>(*made);
  const AugmentContext at{{640, 640}, 640, 32, Phase::Train, 0, 1};
  std::vector<double> ratios;
  for (int round = 0; round < rounds(); ++round) {
    const double linked = time_of([&](const Sample& sample, Rng& rng) { return direct.apply(sample, {}, at, rng); });
    const double called = time_of([&](const Sample& sample, Rng& rng) {
      return call_plugin("augmentation hsv", "apply", [&] { return loaded->apply(sample, {}, at, rng); });
    });
    ratios.push_back(called / linked);
  }
  return result(median(ratios), kMostBoundary, Better::Lower);
}

Json scan() {
  std::vector<double> milliseconds;
  Json slowest;
  double most = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::plugin_dir())) {
    if (entry.path().extension() != ".so") continue;
    const double begin = thread_cpu_seconds();
    inspect_library(entry.path());
    milliseconds.push_back((thread_cpu_seconds() - begin) * 1e3);
    if (milliseconds.back() > most) slowest = entry.path().filename().string();
    most = std::max(most, milliseconds.back());
  }
  Json json = result(most, kMostScanMilliseconds, Better::Lower);
  json["median"] = median(milliseconds);
  json["slowest"] = slowest;
  json["libraries"] = milliseconds.size();
  return json;
}

}  // namespace

void add_boundary_figures(std::vector<Figure>& figures) {
  figures.push_back({"plugin_boundary", "an augmentation called through its library / the same linked in", boundary});
  figures.push_back({"plugin_scan", "milliseconds to look at the slowest library without loading it", scan});
}

}  // namespace cairn::bench
