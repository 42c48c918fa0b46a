#include "optimizer/ema.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace cairn {
namespace {

constexpr int64_t kGrain = 1 << 15;  // elements that one thread takes at a time

// The two products and their sum, each rounded once: what formula ema/1 of a snapshot repeats.
void blend(float* average, const float* model, int64_t count, float keep, float take) {
  for (int64_t i = 0; i < count; ++i) average[i] = keep * average[i] + take * model[i];
}

bool plain(const at::Tensor& average, const at::Tensor& model) {
  return average.is_cpu() && model.is_cpu() && average.scalar_type() == at::kFloat &&
         model.scalar_type() == at::kFloat && average.is_non_overlapping_and_dense() &&
         average.strides() == model.strides();
}

}  // namespace

Ema::Ema(NamedTensors model, EmaSettings settings) : settings_(settings), model_(std::move(model)) {
  if (!(settings_.decay >= 0 && settings_.decay < 1) || !(settings_.tau > 0) || !std::isfinite(settings_.tau)) {
    fail(Code::InvalidArgument, "EMA: expected 0 <= decay < 1 and a finite tau above 0, found decay ", settings_.decay,
         ", tau ", settings_.tau);
  }
  for (auto& [name, tensor] : model_) {
    tensor = tensor.detach();
    average_.emplace_back(name, tensor.clone());
  }
}

double Ema::decay_at(int64_t update, const EmaSettings& settings) {
  return settings.decay * (1 - std::exp(-static_cast<double>(update) / settings.tau));
}

void Ema::require_own_values(const char* what) const {
  if (exchanged_) fail(Code::Internal, "EMA: ", what, " while the model holds the averaged values");
}

void Ema::update() {
  require_own_values("update");
  const at::NoGradGuard no_grad;
  ++updates_;
  const double decay = last_decay();
  const float keep = static_cast<float>(decay), take = static_cast<float>(1 - decay);
  std::vector<size_t> plain_ones;
  std::vector<int64_t> ends;  // of the plain entries laid end to end
  std::vector<at::Tensor> averages, models;
  int64_t total = 0;
  for (size_t i = 0; i < average_.size(); ++i) {
    const at::Tensor &average = average_[i].second, &model = model_[i].second;
    if (!average.is_floating_point()) continue;
    if (plain(average, model)) {
      plain_ones.push_back(i);
      ends.push_back(total += average.numel());
    } else {
      averages.push_back(average);
      models.push_back(model);
    }
  }
  at::parallel_for(0, total, kGrain, [&](int64_t begin, int64_t end) {
    size_t k = std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin();
    while (begin < end) {
      const int64_t start = k == 0 ? 0 : ends[k - 1], stop = std::min(end, ends[k]);
      blend(average_[plain_ones[k]].second.mutable_data_ptr<float>() + (begin - start),
            model_[plain_ones[k]].second.const_data_ptr<float>() + (begin - start), stop - begin, keep, take);
      begin = stop;
      ++k;
    }
  });
  if (!averages.empty()) {
    at::_foreach_mul_(averages, decay);
    at::_foreach_add_(averages, models, 1 - decay);
  }
}

void Ema::exchange() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < average_.size(); ++i) {
    const at::Tensor kept = model_[i].second.clone();
    model_[i].second.copy_(average_[i].second);
    average_[i].second.copy_(kept);
  }
  exchanged_ = !exchanged_;
}

void Ema::save(StateWriter& to) const {
  require_own_values("save");
  for (const auto& [name, tensor] : average_) to.tensor(name, tensor);
  to.integer("updates", updates_);
}

void Ema::load(const StateReader& from) {
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : average_) {
    const at::Tensor stored = from.tensor(name);
    if (stored.sizes() != tensor.sizes() || stored.scalar_type() != tensor.scalar_type()) {
      fail(Code::DataLoss, "EMA: entry '", name, "' was stored as ", stored.scalar_type(), " ", stored.sizes(),
           ", the model has ", tensor.scalar_type(), " ", tensor.sizes(), "; is this the snapshot of another model?");
    }
    tensor.copy_(stored);
  }
  updates_ = from.integer("updates");
  if (updates_ < 0) fail(Code::DataLoss, "EMA: expected a count of updates of at least 0, found ", updates_);
}

}  // namespace cairn
