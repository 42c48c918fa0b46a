// The state tree: a flat list path -> tensor or scalar. A path is written with '/', for example
// "optimizer/momentum/model.0.conv.weight".
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cairn/error.h>

namespace at {
class Tensor;
}

namespace cairn {

// [train thread] Receives a part of the tree. A path may be written once. A tensor is borrowed for the duration of the
// call or, when the writer captures lazily, until the cut ends; it must not be modified in between.
class CAIRN_API StateWriter {
 public:
  virtual ~StateWriter();
  virtual void tensor(std::string_view path, const at::Tensor& value) = 0;  // any device, any dtype, defined
  virtual void integer(std::string_view path, int64_t value) = 0;
  virtual void real(std::string_view path, double value) = 0;  // stored by its bits; NaN keeps its payload
  virtual void text(std::string_view path, std::string_view value) = 0;
};

// [train thread] Hands back what was written. A missing path or another type is DataLoss, naming path and both types.
class CAIRN_API StateReader {
 public:
  virtual ~StateReader();
  virtual bool has(std::string_view path) const = 0;
  virtual at::Tensor tensor(std::string_view path) const = 0;  // on the CPU; the caller may keep it
  virtual int64_t integer(std::string_view path) const = 0;
  virtual double real(std::string_view path) const = 0;
  virtual std::string text(std::string_view path) const = 0;
  virtual std::vector<std::string> names(std::string_view prefix) const = 0;  // paths below prefix, without it, sorted
};

// The tree below a prefix ("optimizer"), as a tree of its own. Borrows the outer one.
class CAIRN_API ScopedWriter final : public StateWriter {
 public:
  ScopedWriter(StateWriter& outer, std::string prefix) : outer_(outer), prefix_(std::move(prefix) + "/") {}
  void tensor(std::string_view path, const at::Tensor& value) override;
  void integer(std::string_view path, int64_t value) override;
  void real(std::string_view path, double value) override;
  void text(std::string_view path, std::string_view value) override;

 private:
  StateWriter& outer_;
  std::string prefix_;
};

class CAIRN_API ScopedReader final : public StateReader {
 public:
  ScopedReader(const StateReader& outer, std::string prefix) : outer_(outer), prefix_(std::move(prefix) + "/") {}
  bool has(std::string_view path) const override;
  at::Tensor tensor(std::string_view path) const override;
  int64_t integer(std::string_view path) const override;
  double real(std::string_view path) const override;
  std::string text(std::string_view path) const override;
  std::vector<std::string> names(std::string_view prefix) const override;

 private:
  const StateReader& outer_;
  std::string prefix_;
};

}  // namespace cairn
