// Files of torch.save, byte by byte: pickles by opcodes, and the archive around them.
#pragma once
#include <boost/crc.hpp>

#include "base/little_endian.h"

namespace cairn::test {

// Opcodes one after the other; a chain of calls reads like the value that it makes.
class PickleBytes {
 public:
  PickleBytes() { out_.raw("\x80\x02"); }
  PickleBytes& op(std::string_view bytes) {
    out_.raw(bytes);
    return *this;
  }
  PickleBytes& text(std::string_view text) {
    out_.raw("X").number(static_cast<uint32_t>(text.size())).raw(text);
    return *this;
  }
  PickleBytes& integer(int32_t value) {
    out_.raw("J").number(static_cast<uint32_t>(value));
    return *this;
  }
  PickleBytes& global(std::string_view module, std::string_view name) {
    return op("c").op(module).op("\n").op(name).op("\n");
  }
  PickleBytes& tuple(const std::vector<int32_t>& values) {
    op("(");
    for (const int32_t value : values) integer(value);
    return op("t");
  }
  PickleBytes& ordered() { return global("collections", "OrderedDict").op(")R"); }
  PickleBytes& tensor(std::string_view storage, std::string_view key, int32_t stored, int32_t offset,
                      const std::vector<int32_t>& sizes, const std::vector<int32_t>& strides) {
    global("torch._utils", "_rebuild_tensor_v2").op("((").text("storage").global("torch", storage).text(key);
    text("cpu").integer(stored).op("tQ").integer(offset).tuple(sizes).tuple(strides);
    return op("\x89").ordered().op("tR");
  }
  std::vector<std::byte> end() {
    op(".");
    return out_.take();
  }

 private:
  ByteWriter out_;
};

struct ZipPart {
  std::string name;
  std::vector<std::byte> data;
  uint16_t flags = 0, method = 0;
};

inline uint32_t crc_of(std::span<const std::byte> data) {
  boost::crc_32_type crc;
  crc.process_bytes(data.data(), data.size());
  return crc.checksum();
}

// PKWARE APPNOTE 6.3: local headers with their data, the directory, its end.
inline std::vector<std::byte> zip_bytes(const std::vector<ZipPart>& parts) {
  ByteWriter out, directory;
  for (const ZipPart& part : parts) {
    const auto size = static_cast<uint32_t>(part.data.size()), at = static_cast<uint32_t>(out.size());
    const auto common = [&](ByteWriter& to) {
      to.number<uint16_t>(0).number(part.flags).number(part.method).number<uint32_t>(0);
      to.number(crc_of(part.data)).number(size).number(size).number(static_cast<uint16_t>(part.name.size()));
      to.number<uint16_t>(0);
    };
    out.raw("PK\x03\x04");
    common(out);
    out.raw(part.name).raw(part.data);
    directory.raw("PK\x01\x02").number<uint16_t>(0);
    common(directory);
    directory.number<uint16_t>(0).number<uint16_t>(0).number<uint16_t>(0).number<uint32_t>(0).number(at);
    directory.raw(part.name);
  }
  const auto begin = static_cast<uint32_t>(out.size()), size = static_cast<uint32_t>(directory.size());
  const auto count = static_cast<uint16_t>(parts.size());
  out.raw(directory.take());
  out.raw("PK\x05\x06").number<uint32_t>(0).number(count).number(count).number(size).number(begin).number<uint16_t>(0);
  return out.take();
}

inline std::vector<std::byte> floats(const std::vector<float>& values) {
  ByteWriter out;
  for (const float value : values) out.number(std::bit_cast<uint32_t>(value));
  return out.take();
}

inline std::vector<std::byte> text_bytes(std::string_view text) {
  return ByteWriter().raw(text).take();
}

inline std::vector<std::byte> torch_bytes(std::vector<std::byte> pickle,
                                          const std::vector<std::pair<std::string, std::vector<std::byte>>>& storages) {
  std::vector<ZipPart> parts{{"file/data.pkl", std::move(pickle)}, {"file/byteorder", text_bytes("little")}};
  for (const auto& [key, data] : storages) parts.push_back({"file/data/" + key, data});
  parts.push_back({"file/version", text_bytes("3\n")});
  return zip_bytes(parts);
}

}  // namespace cairn::test
