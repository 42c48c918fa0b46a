#include "model/torch_tensors.h"

#include <algorithm>
#include <cstring>

#include "model/torch_globals.h"

namespace cairn {
namespace {

using Kind = PickleNode::Kind;

}  // namespace

at::Tensor TorchTensors::tensor(const PickleNode& call) {
  const std::vector<uint32_t>* arguments = &pickle_.arguments(call);
  if (pickle_.called(call) == kRebuildParameter) {
    const PickleNode* inner = arguments->empty() ? nullptr : &pickle_[(*arguments)[0]];
    if (inner == nullptr || inner->kind != Kind::Call || pickle_.called(*inner) != kRebuildTensor)
      bad("a parameter that is no tensor");
    arguments = &pickle_.arguments(*inner);
  }
  if (arguments->size() < 4) bad("a tensor lacks its storage or its shape");
  const at::Tensor storage = storage_of(pickle_[(*arguments)[0]]);
  const int64_t offset = integer_of((*arguments)[1]);
  const auto sizes = sides_of((*arguments)[2]), strides = sides_of((*arguments)[3]);
  check_bounds(storage.numel(), offset, sizes, strides);
  return storage.as_strided(sizes, strides, offset);
}

int64_t TorchTensors::integer_of(uint32_t index) const {
  const PickleNode& node = pickle_[index];
  if (node.kind != Kind::Integer || node.integer < 0) bad("a length of a tensor is no count");
  return node.integer;
}

std::vector<int64_t> TorchTensors::sides_of(uint32_t index) const {
  const PickleNode& node = pickle_[index];
  if (node.kind != Kind::Tuple || node.items.size() > 16) bad("a tensor's shape is none");
  std::vector<int64_t> sides;
  for (const uint32_t side : node.items) sides.push_back(integer_of(side));
  return sides;
}

// Every element lies within the storage, and there are no more of them than it has.
void TorchTensors::check_bounds(int64_t stored, int64_t offset, const std::vector<int64_t>& sizes,
                                const std::vector<int64_t>& strides) const {
  if (sizes.size() != strides.size()) bad("a tensor has other strides than sides");
  int64_t last = offset, elements = 1, reach = 0;
  bool fits = true, empty = false;
  for (size_t i = 0; i < sizes.size(); ++i) {
    empty = empty || sizes[i] == 0;
    const int64_t side = std::max<int64_t>(sizes[i], 1);
    fits = fits && !__builtin_mul_overflow(elements, side, &elements) &&
           !__builtin_mul_overflow(side - 1, strides[i], &reach) && !__builtin_add_overflow(last, reach, &last);
  }
  fits = fits && (empty ? offset <= stored : last < stored && elements <= stored);
  if (!fits) bad(cat("a tensor reaches beyond its storage of ", stored, " elements"));
}

// The id is ("storage", type, key, device, elements).
at::Tensor TorchTensors::storage_of(const PickleNode& node) {
  if (node.kind != Kind::Persistent || pickle_[node.items[0]].kind != Kind::Tuple) bad("a tensor without a storage");
  const std::vector<uint32_t>& id = pickle_[node.items[0]].items;
  if (id.size() != 5 || pickle_[id[0]].text != "storage" || pickle_[id[1]].kind != Kind::Global)
    bad("a storage that is none");
  const std::string& key = pickle_[id[2]].text;
  const auto known = storages_.find(key);
  if (known != storages_.end()) return known->second;
  const auto type = storage_type(pickle_[id[1]].text);
  if (!type) bad(cat("storage of type '", pickle_[id[1]].text, "' is not known"));
  return storages_.emplace(key, read_storage(key, *type, integer_of(id[4]))).first->second;
}

at::Tensor TorchTensors::read_storage(const std::string& key, at::ScalarType type, int64_t elements) const {
  const auto bytes = zip_.read(folder_ + key);
  const size_t size = c10::elementSize(type);
  if (bytes.size() % size != 0 || bytes.size() / size != static_cast<uint64_t>(elements))
    bad(cat("storage ", key, " has ", bytes.size(), " bytes for ", elements, " elements of ", c10::toString(type)));
  at::Tensor storage = at::empty({elements}, type);
  if (!bytes.empty()) std::memcpy(storage.mutable_data_ptr(), bytes.data(), bytes.size());
  return storage;
}

void TorchTensors::bad(const std::string& what) const {
  fail(Code::DataLoss, source_, " is no file of weights that can be read: ", what);
}

}  // namespace cairn
