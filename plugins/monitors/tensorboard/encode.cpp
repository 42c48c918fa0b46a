#include "tensorboard/encode.h"

#include <bit>

#include <boost/crc.hpp>

namespace cairn::monitors {
namespace {

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

template <class Unsigned>
void put_fixed(std::string& to, Unsigned value) {
  for (size_t i = 0; i < sizeof value; ++i) to += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_varint(std::string& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void put_key(std::string& to, int field, WireType type) {
  put_varint(to, static_cast<uint64_t>(field) << 3 | type);
}

void put_bytes(std::string& to, int field, std::string_view bytes) {
  put_key(to, field, kBytes);
  put_varint(to, bytes.size());
  to += bytes;
}

std::string event(double wall_time, int64_t step) {
  std::string data;
  put_key(data, 1, kFixed64);
  put_fixed(data, std::bit_cast<uint64_t>(wall_time));
  put_key(data, 2, kVarint);
  put_varint(data, static_cast<uint64_t>(step));
  return data;
}

uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc32c;
  crc32c.process_bytes(bytes.data(), bytes.size());
  return std::rotr(static_cast<uint32_t>(crc32c.checksum()), 15) + 0xA282EAD8u;
}

}  // namespace

std::string version_event(double wall_time) {
  std::string data = event(wall_time, 0);
  put_bytes(data, 3, "brain.Event:2");
  return data;
}

std::string start_event(double wall_time, int64_t step) {
  std::string log;
  put_key(log, 1, kVarint);
  put_varint(log, 1);
  std::string data = event(wall_time, step);
  put_bytes(data, 7, log);
  return data;
}

std::string scalars_event(double wall_time, int64_t step, const Scalars& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    std::string entry;
    put_bytes(entry, 1, tag);
    put_key(entry, 2, kFixed32);
    put_fixed(entry, std::bit_cast<uint32_t>(static_cast<float>(value)));
    put_bytes(summary, 1, entry);
  }
  std::string data = event(wall_time, step);
  put_bytes(data, 5, summary);
  return data;
}

std::string framed(std::string_view data) {
  std::string record;
  put_fixed(record, static_cast<uint64_t>(data.size()));
  put_fixed(record, masked_crc(record));
  record += data;
  put_fixed(record, masked_crc(data));
  return record;
}

}  // namespace cairn::monitors
