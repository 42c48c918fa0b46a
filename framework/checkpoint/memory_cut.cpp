#include "checkpoint/memory_cut.h"

#include <ATen/ATen.h>
#include <cstring>

#include "base/parallel.h"
#include "base/text_bytes.h"
#include "state/capture.h"
#include "state/loaded_tree.h"
#include "state/torch_dtype.h"

namespace cairn {

namespace {

template <class T>
T number_in(const TreeLeaf& leaf) {
  T value;
  std::memcpy(&value, leaf.bytes.data(), sizeof value);
  return value;
}

void write_leaf(const TreeLeaf& leaf, const std::string& path, StateWriter& to) {
  switch (leaf.entry.dtype) {
    case DType::Integer:
      return to.integer(path, number_in<int64_t>(leaf));
    case DType::Real:
      return to.real(path, number_in<double>(leaf));
    case DType::Text:
      return to.text(path, text_of(leaf.bytes));
    default:
      return to.tensor(path, at::from_blob(const_cast<std::byte*>(leaf.bytes.data()), leaf.entry.shape,
                                           at::TensorOptions(*scalar_type(leaf.entry.dtype))));
  }
}

bool same_kind(const TreeEntry& a, const TreeEntry& b) {
  return a.dtype == b.dtype && a.shape == b.shape;
}

}  // namespace

MemoryCut::MemoryCut(const Checkpointer::WriteTree& write) {
  Copier copier;
  CaptureWriter state(slot_, kStatePart, copier), record(slot_, kRecordPart, copier);
  write(state, record);
  state.copy();
  record.copy();
  slot_.complete(machine_threads());
  leaves_ = slot_.leaves();
}

std::vector<TableRow> MemoryCut::rows() const {
  return rows_of(leaves_, machine_threads());
}

std::string MemoryCut::digest() const {
  return state_digest(rows());
}

void MemoryCut::write(StateWriter& state, StateWriter& record) const {
  for (const TreeLeaf& leaf : leaves_) {
    const bool in_state = leaf.entry.path.starts_with(kStatePart);
    const std::string path = leaf.entry.path.substr((in_state ? kStatePart : kRecordPart).size());
    write_leaf(leaf, path, in_state ? state : record);
  }
}

Restored MemoryCut::as_restored(SnapshotInfo info, const CutInfo& cut, std::string store, double seconds) const {
  const auto tree = std::make_shared<LoadedTree>();  // owned by both readers
  for (const TreeLeaf& leaf : leaves_) {
    const auto room = tree->add(leaf.entry);
    if (!room.empty()) std::memcpy(room.data(), leaf.bytes.data(), room.size());
  }
  info.cut = cut;
  info.digest = digest();
  return {std::move(info), std::make_unique<LoadedReader>(tree, kStatePart),
          std::make_unique<LoadedReader>(tree, kRecordPart), std::move(store), seconds};
}

std::vector<std::string> differing_paths(const MemoryCut& cut, const std::vector<TableRow>& rows) {
  std::vector<std::string> paths;
  auto row = rows.begin();
  for (const TableRow& mine : cut.rows()) {
    if (!mine.entry.path.starts_with(kStatePart)) continue;
    for (; row != rows.end() && row->entry.path < mine.entry.path; ++row) {
      if (row->entry.path.starts_with(kStatePart)) paths.push_back(row->entry.path);
    }
    const bool there = row != rows.end() && row->entry.path == mine.entry.path;
    if (!there || !same_kind(row->entry, mine.entry) || row->content_hash() != mine.content_hash()) {
      paths.push_back(mine.entry.path);
    }
    if (there) ++row;
  }
  for (; row != rows.end(); ++row) {
    if (row->entry.path.starts_with(kStatePart)) paths.push_back(row->entry.path);
  }
  return paths;
}

}  // namespace cairn
