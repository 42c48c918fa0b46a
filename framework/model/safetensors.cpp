#include "model/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

namespace cairn {

namespace {

static_assert(std::endian::native == std::endian::little, "tensor data is stored little-endian");

using nlohmann::json;
constexpr size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

struct TypeName {
  const char* name;
  at::ScalarType type;
};
constexpr TypeName kTypes[] = {{"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf},  {"BF16", at::kBFloat16},
                               {"I64", at::kLong},   {"I32", at::kInt},   {"I16", at::kShort}, {"I8", at::kChar},
                               {"U8", at::kByte},    {"BOOL", at::kBool}};

const char* type_name(at::ScalarType type, const std::string& tensor) {
  for (const TypeName& known : kTypes) {
    if (known.type == type) return known.name;
  }
  fail(Code::InvalidArgument, "tensor '", tensor, "' has type ", c10::toString(type),
       ", which a safetensors file cannot hold");
}

// One checked entry of a header.
struct Entry {
  std::string name;
  at::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

class HeaderReader {
 public:
  HeaderReader(const std::string& source, uint64_t data_size) : source_(source), data_size_(data_size) {}

  std::vector<Entry> entries(const json& header, std::map<std::string, std::string>& metadata) const {
    if (!header.is_object()) bad("the header is no JSON object");
    if (header.size() > kMaxTensorFileEntries) bad(cat("the header lists ", header.size(), " entries"));
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        read_metadata(value, metadata);
      } else {
        entries.push_back(entry(name, value));
      }
    }
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    uint64_t expected = 0;
    for (const Entry& e : entries) {
      if (e.begin != expected) bad(cat("'", e.name, "' begins at ", e.begin, ", expected ", expected));
      expected = e.end;
    }
    if (expected != data_size_) bad(cat("tensors cover ", expected, " of ", data_size_, " bytes of data"));
    return entries;
  }

  [[noreturn]] void bad(const std::string& what) const {
    fail(Code::DataLoss, source_, " is not a safetensors file: ", what, ". Get the file again.");
  }

 private:
  void read_metadata(const json& value, std::map<std::string, std::string>& metadata) const {
    if (!value.is_object()) bad("__metadata__ is no object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) bad(cat("__metadata__ '", key, "' is no text"));
      metadata[key] = text.get<std::string>();
    }
  }

  Entry entry(const std::string& name, const json& value) const {
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets")) {
      bad(cat("'", name, "' lacks dtype, shape or data_offsets"));
    }
    Entry e{name, type(name, value["dtype"]), {}, 0, 0};
    const json& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
      bad(cat("'", name, "' has no pair of data_offsets"));
    }
    e.begin = offsets[0].get<uint64_t>();
    e.end = offsets[1].get<uint64_t>();
    if (e.begin > e.end || e.end > data_size_)
      bad(cat("'", name, "' reaches beyond the ", data_size_, " bytes of data"));
    const uint64_t bytes = shape(name, value["shape"], e) * c10::elementSize(e.type);
    if (bytes != e.end - e.begin) bad(cat("'", name, "' needs ", bytes, " bytes, has ", e.end - e.begin));
    return e;
  }

  at::ScalarType type(const std::string& name, const json& value) const {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    for (const TypeName& known : kTypes) {
      if (text == known.name) return known.type;
    }
    bad(cat("'", name, "' has unknown type '", text, "'"));
  }

  // Fills in the shape and returns the number of elements, which fits into the data.
  uint64_t shape(const std::string& name, const json& value, Entry& e) const {
    if (!value.is_array() || value.size() > 16) bad(cat("'", name, "' has no shape"));
    uint64_t elements = 1;
    for (const json& side : value) {
      if (!side.is_number_unsigned()) bad(cat("'", name, "' has a side that is no count"));
      const auto length = side.get<uint64_t>();
      if (length > data_size_ || (length != 0 && elements > data_size_ / length)) {
        bad(cat("'", name, "' has a shape larger than the file"));
      }
      elements *= length;
      e.shape.push_back(static_cast<int64_t>(length));
    }
    return elements;
  }

  const std::string& source_;
  uint64_t data_size_;
};

// The parser itself would let the last of two equal names win.
json parse_header(const char* begin, size_t length, const HeaderReader& reader) {
  std::vector<std::set<std::string>> seen;
  const auto callback = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > 4) reader.bad("the header is nested too deeply");
    if (event == json::parse_event_t::object_start) seen.emplace_back();
    if (event == json::parse_event_t::object_end) seen.pop_back();
    if (event == json::parse_event_t::key && !seen.back().insert(parsed.get<std::string>()).second) {
      reader.bad(cat("'", parsed.get<std::string>(), "' stands there twice"));
    }
    return true;
  };
  try {
    return json::parse(begin, begin + length, callback);
  } catch (const json::exception& error) {
    reader.bad(cat("the header is no JSON (", error.what(), ")"));
  }
}

}  // namespace

Bytes encode_tensors(const TensorFile& file) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::vector<at::Tensor> data;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (name == kMetadata || header.contains(name)) {
      fail(Code::InvalidArgument, "tensor name '", name, "' is taken; every tensor of a file needs a name of its own");
    }
    data.push_back(tensor.detach().to(at::kCPU).contiguous());
    const uint64_t size = data.back().nbytes();
    header[name] = {{"dtype", type_name(tensor.scalar_type(), name)},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {offset, offset + size}}};
    offset += size;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  Bytes bytes(kLengthBytes + text.size() + offset);
  const auto length = static_cast<uint64_t>(text.size());
  std::memcpy(bytes.data(), &length, kLengthBytes);
  std::memcpy(bytes.data() + kLengthBytes, text.data(), text.size());
  std::byte* to = bytes.data() + kLengthBytes + text.size();
  for (const at::Tensor& tensor : data) {
    if (tensor.nbytes() > 0) std::memcpy(to, tensor.const_data_ptr(), tensor.nbytes());
    to += tensor.nbytes();
  }
  return bytes;
}

TensorFile decode_tensors(std::span<const std::byte> bytes, const std::string& source) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) HeaderReader(source, 0).bad(cat("it has only ", bytes.size(), " bytes"));
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMaxTensorFileHeader || length > bytes.size() - kLengthBytes) {
    HeaderReader(source, 0).bad(cat("its header of ", length, " bytes is longer than allowed or than the file"));
  }
  const std::byte* data = bytes.data() + kLengthBytes + length;
  const HeaderReader reader(source, bytes.size() - kLengthBytes - length);
  const json header = parse_header(reinterpret_cast<const char*>(bytes.data() + kLengthBytes), length, reader);
  TensorFile file;
  for (const Entry& entry : reader.entries(header, file.metadata)) {
    at::Tensor tensor = at::empty(entry.shape, entry.type);
    if (entry.end > entry.begin) std::memcpy(tensor.mutable_data_ptr(), data + entry.begin, entry.end - entry.begin);
    file.tensors.emplace_back(entry.name, std::move(tensor));
  }
  return file;
}

void write_tensors(FileSystem& files, const std::filesystem::path& path, const TensorFile& file) {
  write_durably(files, path, encode_tensors(file));
}

TensorFile read_tensors(FileSystem& files, const std::filesystem::path& path) {
  return decode_tensors(read_whole(files, path, kMaxTensorFile), path.string());
}

}  // namespace cairn
