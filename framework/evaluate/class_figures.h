// The figures per class of an evaluation, as monitors get them.
#pragma once
#include <vector>

#include <cairn/evaluation.h>

#include "evaluate/evaluator.h"

namespace cairn {

// One per class, in the order of result.names.
std::vector<ClassFigures> class_figures(const EvaluationResult& result);

}  // namespace cairn
