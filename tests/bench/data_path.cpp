// What a training sample costs before it reaches the network, and in which stage.
#include "bench/bare_network.h"
#include "bench/figure.h"
#include "bench/stopwatch.h"
#include "dataset/collate.h"
#include "dataset/order.h"

namespace cairn::bench {
namespace {

// An augmentation that notes its thread's time. For one thread.
class Timed final : public Augmentation {
 public:
  Timed(std::unique_ptr<Augmentation> inner, double& seconds) : inner_(std::move(inner)), seconds_(seconds) {}
  int partners(const AugmentContext& context, Rng& rng) const override { return inner_->partners(context, rng); }
  Sample apply(Sample sample, std::span<const Sample> partners, const AugmentContext& context,
               Rng& rng) const override {
    const double begin = thread_cpu_seconds();
    Sample result = inner_->apply(std::move(sample), partners, context, rng);
    seconds_ += thread_cpu_seconds() - begin;
    return result;
  }

 private:
  std::unique_ptr<Augmentation> inner_;
  double& seconds_;
};

// The chain of the rig with a clock around every part.
class TimedPath {
 public:
  explicit TimedPath(Rig& rig) : rig_(rig), images_(at::empty({kBatch, 3, kSide, kSide}, at::kByte)) {
    const std::vector<Stage>& stages = rig.stages().train.chain->stages();
    seconds_.assign(stages.size(), 0);
    Context context;
    context.classes = rig.stages().train.dataset->classes();
    std::vector<Stage> timed;
    for (size_t i = 0; i < stages.size(); ++i) {
      timed.push_back(stages[i]);
      const AugmentationTable* table = table_of(stages[i].type);
      timed.back().plugin = std::make_shared<Timed>(
          rig.registry().create<Augmentation>(stages[i].type, table == nullptr ? Table{} : table->params, context),
          seconds_[i]);
    }
    chain_ = std::make_unique<Chain>(
        std::move(timed), 0, [this](int64_t index) { return load(index); }, rig.stages().train.source->size());
  }

  // One epoch of samples; milliseconds of this thread per sample, by part.
  Json run(int64_t epoch) {
    std::fill(seconds_.begin(), seconds_.end(), 0);
    loading_ = placing_ = 0;
    const int64_t size = rig_.stages().train.source->size();
    const EpochOrder order(0, epoch, size, Shuffle::On);
    const AugmentContext at{{kSide, kSide}, kSide, 32, Phase::Train, epoch, epoch + 1000};
    const double begin = thread_cpu_seconds();
    for (int64_t position = 0; position < size; ++position)
      place(chain_->make(order.at(position), epoch, position, at), position % kBatch);
    const double all = thread_cpu_seconds() - begin;
    Json parts{{"all", all}, {"load", loading_}};
    for (size_t i = 0; i < seconds_.size(); ++i) parts[chain_->stages()[i].type] = seconds_[i];
    parts["to_batch"] = placing_;
    for (auto& part : parts.items()) part.value() = part.value().get<double>() * 1e3 / static_cast<double>(size);
    return parts;
  }

 private:
  const AugmentationTable* table_of(const std::string& type) const {
    for (const AugmentationTable& table : rig_.pipeline().augmentations) {
      if (table.type == type) return &table;
    }
    return nullptr;
  }
  Sample load(int64_t index) {
    const double begin = thread_cpu_seconds();
    Sample sample = rig_.stages().train.source->load(index);
    loading_ += thread_cpu_seconds() - begin;
    return sample;
  }
  void place(const Sample& sample, int64_t slot) {
    const double begin = thread_cpu_seconds();
    put_image(sample.image, images_, slot);
    placing_ += thread_cpu_seconds() - begin;
  }

  Rig& rig_;
  at::Tensor images_;
  std::vector<double> seconds_;  // of the stages; their clocks point here
  double loading_ = 0, placing_ = 0;
  std::unique_ptr<Chain> chain_;
};

Json measure() {
  Rig rig({});
  rig.fill_cache();
  TimedPath path(rig);
  path.run(0);
  std::map<std::string, std::vector<double>> series;
  std::vector<std::string> names;
  for (int round = 0; round < rounds(); ++round) {
    const Json parts = path.run(1 + round);
    names.clear();
    for (const auto& part : parts.items()) {
      names.push_back(part.key());
      series[part.key()].push_back(part.value().get<double>());
    }
  }
  Json json = result(median(series["all"]), 2.5, Better::Lower), parts = Json::object();
  json["min"] = smallest(series["all"]);
  for (const std::string& name : names) {
    if (name != "all") parts[name] = median(series[name]);
  }
  json["parts_ms"] = parts;
  return json;
}

}  // namespace

void add_data_figures(std::vector<Figure>& figures) {
  figures.push_back({"data_path_core_ms", "milliseconds of one core per training sample, pictures in memory", measure});
}

}  // namespace cairn::bench
