// A cut that is captured in memory only.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpointer.h"
#include "checkpoint/pipeline/slot.h"
#include "checkpoint/pipeline/tree_table.h"

namespace cairn {

// [train thread] Holds a copy of both parts of the tree.
class MemoryCut {
 public:
  explicit MemoryCut(const Checkpointer::WriteTree& write);
  const std::vector<TreeLeaf>& leaves() const { return leaves_; }  // in path order
  std::vector<TableRow> rows() const;                              // parallel to the leaves, as a store would have them
  std::string digest() const;                                      // the state digest, 64 hex digits
  void write(StateWriter& state, StateWriter& record) const;       // all of it; tensors are lent, as long as this lives
  // As though it had been saved and restored. `info` names the snapshot that it was made from; cut and digest are
  // replaced.
  Restored as_restored(SnapshotInfo info, const CutInfo& cut, std::string store, double seconds) const;

 private:
  Slot slot_;
  std::vector<TreeLeaf> leaves_;
};

// Paths below state/ whose content differs from a stored snapshot's table, in path order; absent ones too.
std::vector<std::string> differing_paths(const MemoryCut& cut, const std::vector<TableRow>& rows);

}  // namespace cairn
