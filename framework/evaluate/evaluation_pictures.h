// The pictures of an evaluation in a run's folder.
#pragma once
#include <filesystem>
#include <vector>

#include "evaluate/evaluator.h"

namespace cairn {

// confusion_matrix.png, confusion_matrix_normalized.png, P_curve.png, R_curve.png, F1_curve.png, PR_curve.png.
// The folder must exist. Returns the paths written.
std::vector<std::filesystem::path> write_pictures(const EvaluationResult& result, const std::filesystem::path& folder);

}  // namespace cairn
