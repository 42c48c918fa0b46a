// A state tree in memory: what save() writes, load() reads.
#pragma once
#include <map>
#include <string>
#include <variant>

#include <ATen/ATen.h>

#include <cairn/state.h>

namespace cairn::conformance {

class MemoryState final : public StateWriter, public StateReader {
 public:
  using Entry = std::variant<at::Tensor, int64_t, double, std::string>;

  void tensor(std::string_view path, const at::Tensor& value) override { put(path, value.detach().cpu().clone()); }
  void integer(std::string_view path, int64_t value) override { put(path, value); }
  void real(std::string_view path, double value) override { put(path, value); }
  void text(std::string_view path, std::string_view value) override { put(path, std::string(value)); }

  bool has(std::string_view path) const override { return entries.count(std::string(path)) > 0; }
  at::Tensor tensor(std::string_view path) const override { return get<at::Tensor>(path); }
  int64_t integer(std::string_view path) const override { return get<int64_t>(path); }
  double real(std::string_view path) const override { return get<double>(path); }
  std::string text(std::string_view path) const override { return get<std::string>(path); }
  std::vector<std::string> names(std::string_view prefix) const override {
    std::vector<std::string> found;
    const std::string start = std::string(prefix) + "/";
    for (const auto& [path, entry] : entries) {
      if (path.rfind(start, 0) == 0) found.push_back(path.substr(start.size()));
    }
    return found;
  }

  std::map<std::string, Entry> entries;

 private:
  void put(std::string_view path, Entry entry) {
    if (!entries.emplace(path, std::move(entry)).second) fail(Code::Internal, "path '", path, "' was written twice");
  }
  template <class T>
  const T& get(std::string_view path) const {
    const auto found = entries.find(std::string(path));
    if (found == entries.end() || !std::holds_alternative<T>(found->second)) {
      fail(Code::DataLoss, "path '", path, "' is missing or of another type");
    }
    return std::get<T>(found->second);
  }
};

}  // namespace cairn::conformance
