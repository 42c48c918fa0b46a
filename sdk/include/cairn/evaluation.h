// Optional ability of a monitor, "cairn.evaluation/1": it hears the figures of every class after each evaluation. A
// monitor without it misses nothing else.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <cairn/error.h>
#include <cairn/progress.h>

namespace cairn {

inline constexpr std::string_view kEvaluationExtension = "cairn.evaluation/1";

// Of one class; figures in 0..1, and 0 where the validation set has no object of the class.
struct ClassFigures {
  std::string name;
  int64_t targets = 0;               // objects in the validation set
  double ap50 = 0, ap50_95 = 0;      // average precision at overlap 0.5, and mean over 0.5, 0.55, ..., 0.95
  double precision = 0, recall = 0;  // at the confidence of the highest mean F1
};

// Plugin::extension(kEvaluationExtension) of a monitor returns a pointer to one. Owned by the monitor.
class CAIRN_API EvaluationHook {
 public:
  virtual ~EvaluationHook() = default;
  // [train thread] After every evaluation, before the row of it; `classes` in the dataset's order, borrowed for the
  // call. What it throws switches the monitor off, as in the monitor's other calls.
  virtual void on_evaluated(const Progress& at, std::span<const ClassFigures> classes) = 0;
};

}  // namespace cairn
