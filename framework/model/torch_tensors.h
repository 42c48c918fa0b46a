// The tensors of a file of torch.save: how its pickle describes them, and the archive's entries with their data.
#pragma once
#include <map>

#include <ATen/ATen.h>

#include <cairn/error.h>

#include "model/pickle.h"
#include "model/stored_zip.h"

namespace cairn {

// Borrows all it is given. DataLoss, naming `source`, for what does not fit; nothing is allocated before it was
// checked.
class TorchTensors {
 public:
  // The data of storage "0" is the entry "<folder>0".
  TorchTensors(const StoredZip& zip, std::string folder, const Pickle& pickle, const std::string& source)
      : zip_(zip), folder_(std::move(folder)), pickle_(pickle), source_(source) {}
  // Of a call of _rebuild_parameter(tensor, ...) or _rebuild_tensor_v2(storage, offset, sizes, strides, ...). Tensors
  // of the same storage share memory, which they own.
  at::Tensor tensor(const PickleNode& call);

 private:
  int64_t integer_of(uint32_t index) const;
  std::vector<int64_t> sides_of(uint32_t index) const;
  void check_bounds(int64_t stored, int64_t offset, const std::vector<int64_t>& sizes,
                    const std::vector<int64_t>& strides) const;
  at::Tensor storage_of(const PickleNode& node);
  at::Tensor read_storage(const std::string& key, at::ScalarType type, int64_t elements) const;
  [[noreturn]] void bad(const std::string& what) const;

  const StoredZip& zip_;
  std::string folder_;
  const Pickle& pickle_;
  const std::string& source_;
  std::map<std::string, at::Tensor> storages_;
};

}  // namespace cairn
