#include <cairn/state.h>

#ifdef CAIRN_NO_TORCH
namespace at {
class Tensor {};  // nothing makes one in such a build; the tables of virtual functions need the type
}  // namespace at
#else
#include <ATen/core/Tensor.h>
#endif

namespace cairn {

namespace {

// Called for every entry of every snapshot; a stream would cost more than all the rest.
std::string below(const std::string& prefix, std::string_view path) {
  std::string full;
  full.reserve(prefix.size() + path.size());
  return full.append(prefix).append(path);
}

}  // namespace

StateWriter::~StateWriter() = default;
StateReader::~StateReader() = default;

void ScopedWriter::integer(std::string_view path, int64_t value) {
  outer_.integer(below(prefix_, path), value);
}
void ScopedWriter::real(std::string_view path, double value) {
  outer_.real(below(prefix_, path), value);
}
void ScopedWriter::text(std::string_view path, std::string_view value) {
  outer_.text(below(prefix_, path), value);
}

bool ScopedReader::has(std::string_view path) const {
  return outer_.has(below(prefix_, path));
}
int64_t ScopedReader::integer(std::string_view path) const {
  return outer_.integer(below(prefix_, path));
}
double ScopedReader::real(std::string_view path) const {
  return outer_.real(below(prefix_, path));
}
std::string ScopedReader::text(std::string_view path) const {
  return outer_.text(below(prefix_, path));
}
std::vector<std::string> ScopedReader::names(std::string_view prefix) const {
  return outer_.names(below(prefix_, prefix));
}

void ScopedWriter::tensor(std::string_view path, const at::Tensor& value) {
  outer_.tensor(below(prefix_, path), value);
}
at::Tensor ScopedReader::tensor(std::string_view path) const {
  return outer_.tensor(below(prefix_, path));
}

}  // namespace cairn
