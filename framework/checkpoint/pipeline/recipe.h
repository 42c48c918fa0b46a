// How each leaf of a tree may be predicted: from the base snapshot and from leaves of its own tree.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include <cairn/prediction.h>

#include "checkpoint/codec/formula.h"
#include "checkpoint/pipeline/tree_table.h"
#include "state/tree.h"

namespace cairn {

// A snapshot that lies in the store and whose bytes are in memory. Both in path order, parallel. Borrowed.
struct TreeBase {
  std::span<const TreeLeaf> leaves;
  std::span<const TableRow> rows;
};

struct RecipeOperand {
  bool this_tree = false;
  size_t leaf = 0;
};

struct Recipe {
  Formula formula = Formula::None;  // None: only `previous`, if that
  std::vector<RecipeOperand> operands;
  std::vector<double> scalars;
  std::optional<size_t> previous;  // the same path in the base, of the same type and size
  uint32_t level = 0;              // leaves of lower levels are encoded before
};

// One per leaf. A prediction that does not fit (unknown formula or path, other type or size, a cycle) is left out: it
// costs space, never bits. `predictions` name paths below state/.
std::vector<Recipe> make_recipes(std::span<const TreeLeaf> leaves, const TreeBase& base,
                                 std::span<const Prediction> predictions);

}  // namespace cairn
