#include "state/loaded_tree.h"

#include <ATen/ATen.h>

#include <cstring>

#include "state/torch_dtype.h"

namespace cairn {

struct LoadedTree::Leaf {
  TreeEntry entry;
  at::Tensor tensor;  // undefined for a scalar
  std::string bytes;  // of a scalar
};

LoadedTree::LoadedTree() = default;
LoadedTree::~LoadedTree() = default;
LoadedTree::LoadedTree(LoadedTree&&) noexcept = default;

std::span<std::byte> LoadedTree::add(const TreeEntry& entry) {
  auto leaf = std::make_unique<Leaf>();
  leaf->entry = entry;
  std::span<std::byte> bytes;
  if (const auto type = scalar_type(entry.dtype)) {
    leaf->tensor = at::empty(entry.shape, at::TensorOptions().dtype(*type));
    bytes = {static_cast<std::byte*>(leaf->tensor.mutable_data_ptr()), entry.size_bytes};
  } else {
    leaf->bytes.resize(entry.size_bytes);
    bytes = std::as_writable_bytes(std::span(leaf->bytes.data(), leaf->bytes.size()));
  }
  leaves_[entry.path] = std::move(leaf);
  return bytes;
}

const LoadedTree::Leaf* LoadedTree::find(std::string_view path) const {
  const auto it = leaves_.find(path);
  return it == leaves_.end() ? nullptr : it->second.get();
}

std::vector<std::string> LoadedTree::names(std::string_view prefix) const {
  std::vector<std::string> names;
  for (auto it = leaves_.lower_bound(prefix); it != leaves_.end() && it->first.starts_with(prefix); ++it) {
    names.push_back(it->first.substr(prefix.size()));
  }
  return names;
}

LoadedReader::LoadedReader(std::shared_ptr<const LoadedTree> tree, std::string_view part)
    : tree_(std::move(tree)), part_(part) {}

// A wanted type of Float32 stands for a tensor of any type.
const LoadedTree::Leaf& LoadedReader::leaf(std::string_view path, DType wanted) const {
  const LoadedTree::Leaf* found = tree_->find(cat(part_, path));
  const bool tensor = !is_scalar(wanted);
  const std::string_view expected = tensor ? "a tensor" : name_of(wanted);
  if (found == nullptr)
    fail(Code::DataLoss, "the snapshot has nothing at '", part_, path, "', where ", expected, " is expected");
  if (tensor ? is_scalar(found->entry.dtype) : found->entry.dtype != wanted) {
    fail(Code::DataLoss, "the snapshot has ", name_of(found->entry.dtype), " at '", part_, path, "', where ", expected,
         " is expected");
  }
  return *found;
}

bool LoadedReader::has(std::string_view path) const {
  return tree_->find(cat(part_, path)) != nullptr;
}

at::Tensor LoadedReader::tensor(std::string_view path) const {
  return leaf(path, DType::Float32).tensor;
}

int64_t LoadedReader::integer(std::string_view path) const {
  int64_t value = 0;
  std::memcpy(&value, leaf(path, DType::Integer).bytes.data(), sizeof value);
  return value;
}

double LoadedReader::real(std::string_view path) const {
  double value = 0;
  std::memcpy(&value, leaf(path, DType::Real).bytes.data(), sizeof value);
  return value;
}

std::string LoadedReader::text(std::string_view path) const {
  return leaf(path, DType::Text).bytes;
}

std::vector<std::string> LoadedReader::names(std::string_view prefix) const {
  const bool bare = prefix.empty() || prefix.back() == '/';
  return tree_->names(cat(part_, prefix, bare ? "" : "/"));
}

}  // namespace cairn
