#include "evaluate/class_figures.h"

namespace cairn {

std::vector<ClassFigures> class_figures(const EvaluationResult& result) {
  std::vector<ClassFigures> figures;
  for (const std::string& name : result.names) figures.push_back({name, 0, 0, 0, 0, 0});
  for (const FastClass& found : result.fast.classes) {
    ClassFigures& to = figures.at(static_cast<size_t>(found.class_id));
    to.targets = found.targets;
    to.ap50 = found.ap50;
    to.ap50_95 = found.ap50_95;
    to.precision = found.precision;
    to.recall = found.recall;
  }
  return figures;
}

}  // namespace cairn
