// Kind scheduler: rates and accumulation as functions of progress.
#pragma once
#include <map>
#include <string>

#include <cairn/plugin.h>

namespace cairn {

using Metrics = std::map<std::string, double>;  // "map50_95" -> 0.41

// [train thread]
class CAIRN_API Scheduler : public Plugin {
 public:
  ~Scheduler() override;
  // What a group uses in the iteration `at`. Pure but for what observe() has changed.
  virtual Rates rates(const Progress& at, GroupKind group) const = 0;
  // How many batches a step sums, as known at iteration `at`; at least 1.
  virtual int64_t accumulation(const Progress& at) const = 0;
  // Whether the optimizer steps after iteration `at`. at.last_step_iteration is -1 before the first step.
  virtual bool step_due(const Progress& at) const { return at.iteration - at.last_step_iteration >= accumulation(at); }
  // After each evaluation. What it changes is state: save() and load() must carry it.
  virtual void observe(const Metrics&) {}
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> scheduler(std::string type, std::string help) {
  return {Kind::Scheduler, std::move(type), std::move(help)};
}

}  // namespace cairn
