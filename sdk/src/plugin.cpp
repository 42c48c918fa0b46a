#include <cairn/augmentation.h>
#include <cairn/backend.h>
#include <cairn/dataset.h>
#include <cairn/monitor.h>
#include <cairn/plugin.h>
#include <cairn/scheduler.h>
#ifndef CAIRN_NO_TORCH
#include <cairn/model.h>
#include <cairn/optimizer.h>
#endif

namespace cairn {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::Dataset:
      return "dataset";
    case Kind::Augmentation:
      return "augmentation";
    case Kind::Model:
      return "model";
    case Kind::Optimizer:
      return "optimizer";
    case Kind::Scheduler:
      return "scheduler";
    case Kind::Backend:
      return "backend";
    case Kind::Monitor:
      return "monitor";
  }
  return "unknown kind";
}

Plugin::~Plugin() = default;
void Plugin::save(StateWriter&) const {}
void Plugin::load(const StateReader&) {}
void* Plugin::extension(std::string_view) {
  return nullptr;
}

Dataset::~Dataset() = default;
Augmentation::~Augmentation() = default;
Backend::~Backend() = default;
Monitor::~Monitor() = default;
Scheduler::~Scheduler() = default;
#ifndef CAIRN_NO_TORCH
Model::~Model() = default;
Optimizer::~Optimizer() = default;
#endif

}  // namespace cairn
