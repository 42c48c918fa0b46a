#include "checkpoint/pipeline/recipe.h"

#include <algorithm>
#include <optional>

namespace cairn {

namespace {

constexpr uint32_t kUnknown = UINT32_MAX, kOpen = UINT32_MAX - 1;

std::optional<size_t> find_leaf(std::span<const TreeLeaf> leaves, std::string_view path) {
  const auto it =
      std::lower_bound(leaves.begin(), leaves.end(), path,
                       [](const TreeLeaf& leaf, std::string_view wanted) { return leaf.entry.path < wanted; });
  if (it == leaves.end() || it->entry.path != path) return std::nullopt;
  return static_cast<size_t>(it - leaves.begin());
}

bool alike(const TreeLeaf& a, const TreeLeaf& b) {
  return a.entry.dtype == b.entry.dtype && a.bytes.size() == b.bytes.size() && a.bytes.size() > kInlineBytes;
}

class Maker {
 public:
  Maker(std::span<const TreeLeaf> leaves, const TreeBase& base)
      : leaves_(leaves), base_(base), recipes_(leaves.size()) {}

  std::vector<Recipe> run(std::span<const Prediction> predictions) {
    for (size_t i = 0; i < leaves_.size(); ++i) {
      const auto before = find_leaf(base_.leaves, leaves_[i].entry.path);
      if (before && alike(leaves_[i], base_.leaves[*before])) recipes_[i].previous = before;
    }
    for (const Prediction& prediction : predictions) take(prediction);
    levels_.assign(recipes_.size(), kUnknown);
    for (size_t i = 0; i < recipes_.size(); ++i) recipes_[i].level = level(i);
    return std::move(recipes_);
  }

 private:
  void take(const Prediction& prediction) {
    const FormulaInfo* info = find_formula(prediction.formula);
    const auto target = find_leaf(leaves_, cat(kStatePart, prediction.path));
    if (info == nullptr || !target || info->formula == Formula::Previous) return;
    const TreeLeaf& leaf = leaves_[*target];
    if (leaf.entry.dtype != DType::Float32 || prediction.operands.size() != info->operands ||
        prediction.scalars.size() != info->scalars) {
      return;
    }
    std::vector<RecipeOperand> operands;
    for (const PredictionOperand& operand : prediction.operands) {
      const bool mine = operand.from == PredictionOperand::From::This;
      const auto there = mine ? leaves_ : base_.leaves;
      const auto found = find_leaf(there, cat(kStatePart, operand.path));
      if (!found || !alike(leaf, there[*found])) return;
      operands.push_back({mine, *found});
    }
    Recipe& recipe = recipes_[*target];
    recipe.formula = info->formula;
    recipe.operands = std::move(operands);
    recipe.scalars = prediction.scalars;
  }

  // One above the highest leaf of this tree that it needs. Who meets himself on the way drops his formula.
  uint32_t level(size_t leaf) {
    if (levels_[leaf] < kOpen) return levels_[leaf];
    if (levels_[leaf] == kOpen) return kOpen;
    levels_[leaf] = kOpen;
    uint32_t found = 0;
    for (const RecipeOperand& operand : recipes_[leaf].operands) {
      if (!operand.this_tree) continue;
      const uint32_t below = level(operand.leaf);
      if (below == kOpen) {
        recipes_[leaf].formula = Formula::None;
        recipes_[leaf].operands.clear();
        found = 0;
        break;
      }
      found = std::max(found, below + 1);
    }
    return levels_[leaf] = found;
  }

  std::span<const TreeLeaf> leaves_;
  const TreeBase& base_;
  std::vector<Recipe> recipes_;
  std::vector<uint32_t> levels_;
};

}  // namespace

std::vector<Recipe> make_recipes(std::span<const TreeLeaf> leaves, const TreeBase& base,
                                 std::span<const Prediction> predictions) {
  return Maker(leaves, base).run(predictions);
}

}  // namespace cairn
