#include "store/manifest.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <limits>

#include <cairn/error.h>

#include "base/little_endian.h"
#include "base/text_bytes.h"
#include "base/zstd.h"
#include "store/canonical_json.h"

namespace cairn {

namespace {

using Json = nlohmann::json;
using Time = std::chrono::system_clock::time_point;

constexpr int kFormat = 1;
constexpr int kLevel = 9;
constexpr size_t kLargestText = 64u << 20;
constexpr size_t kMostParts = 65536;
constexpr size_t kMostTableBlocks = 1u << 20;
constexpr size_t kMostPacks = 65536;
constexpr uint32_t kTrailerMagic = 0x184D2A5C;  // skippable frames of zstd
constexpr uint32_t kSignatureMagic = 0x184D2A5D;
constexpr uint32_t kSealedMagic = 0x184D2A5E;
constexpr size_t kFrameHead = 8;
constexpr std::string_view kSealKind = "manifest";
constexpr size_t kTrailerHead = 8;

std::string time_text(Time time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>((ms - ((ms % 1000) + 1000) % 1000) / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(((ms % 1000) + 1000) % 1000));
  return text;
}

Time parse_time(const std::string& text) {
  std::tm parts{};
  int ms = 0, length = 0;
  const int found = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &parts.tm_year, &parts.tm_mon,
                                &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &ms, &length);
  if (found != 7 || length != static_cast<int>(text.size())) fail(Code::DataLoss, "'", text, "' is no time");
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const Time time = std::chrono::system_clock::from_time_t(timegm(&parts)) + std::chrono::milliseconds(ms);
  if (time_text(time) != text) fail(Code::DataLoss, "'", text, "' is no time");
  return time;
}

Json real_json(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

double parse_real(const Json& value) {
  if (value.is_number()) return value.get<double>();
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  fail(Code::DataLoss, "'", text, "' is no number");
}

Hash parse_hash(const Json& value) {
  const auto hash = Hash::from_hex(value.get_ref<const std::string&>());
  if (!hash) fail(Code::DataLoss, "a hash is not 64 hexadecimal digits");
  return *hash;
}

int64_t count_of(const Json& object, const char* key) {
  const Json& value = object.at(key);
  if (!value.is_number_integer() || value.get<int64_t>() < 0) fail(Code::DataLoss, "'", key, "' is no count");
  return value.get<int64_t>();
}

Json cut_json(const CutInfo& cut) {
  return {{"epoch", cut.epoch}, {"position", cut.position}, {"iteration", cut.iteration},
          {"step", cut.step},   {"reason", cut.reason},     {"evaluation_due", cut.evaluation_due}};
}

CutInfo parse_cut(const Json& from) {
  CutInfo cut;
  cut.epoch = count_of(from, "epoch");
  cut.position = count_of(from, "position");
  cut.iteration = count_of(from, "iteration");
  cut.step = count_of(from, "step");
  cut.reason = from.at("reason").get<std::string>();
  cut.evaluation_due = from.at("evaluation_due").get<bool>();
  return cut;
}

Json to_json(const Manifest& manifest) {
  const SnapshotInfo& info = manifest.info;
  Json parts = Json::array();
  for (const ManifestPart& part : manifest.parts) {
    Json table = Json::array();
    for (const Hash& block : part.table) table.push_back(block.hex());
    parts.push_back({{"rank", part.rank}, {"table", std::move(table)}});
  }
  Json metrics = Json::object();
  for (const auto& [name, value] : info.cut.metrics) metrics[name] = real_json(value);
  return {{"format", kFormat},
          {"kind", "snapshot"},
          {"repository", manifest.repository},
          {"writer", manifest.writer},
          {"run", info.run},
          {"sequence", info.sequence},
          {"generation", info.generation},
          {"generation_start", info.generation_start},
          {"parent", info.parent.empty() ? Json() : Json(info.parent)},
          {"created", time_text(info.created)},
          {"cut", cut_json(info.cut)},
          {"metrics", std::move(metrics)},
          {"digest", info.digest},
          {"size", info.size_bytes},
          {"entries", info.entries},
          {"parts", std::move(parts)}};
}

Manifest from_json(const Json& from) {
  const int64_t format = count_of(from, "format");
  if (format != kFormat) {
    fail(Code::FailedPrecondition, "it has format ", format, "; this cairn reads format ", kFormat,
         ": use a newer cairn");
  }
  if (from.at("kind") != "snapshot") fail(Code::DataLoss, "it is not of kind snapshot");
  Manifest manifest;
  SnapshotInfo& info = manifest.info;
  manifest.repository = from.at("repository").get<std::string>();
  manifest.writer = from.at("writer").get<std::string>();
  info.run = from.at("run").get<std::string>();
  info.sequence = count_of(from, "sequence");
  info.generation = count_of(from, "generation");
  info.generation_start = count_of(from, "generation_start");
  if (!from.at("parent").is_null()) info.parent = parse_hash(from.at("parent")).hex();
  info.created = parse_time(from.at("created").get<std::string>());
  info.cut = parse_cut(from.at("cut"));
  for (const auto& [name, value] : from.at("metrics").items()) info.cut.metrics[name] = parse_real(value);
  info.digest = parse_hash(from.at("digest")).hex();
  info.size_bytes = static_cast<uint64_t>(count_of(from, "size"));
  info.entries = count_of(from, "entries");
  const Json& parts = from.at("parts");
  if (!parts.is_array() || parts.empty() || parts.size() > kMostParts)
    fail(Code::DataLoss, "its parts are out of bounds");
  for (const Json& part : parts) {
    ManifestPart& added = manifest.parts.emplace_back();
    added.rank = count_of(part, "rank");
    const Json& table = part.at("table");
    if (!table.is_array() || table.size() > kMostTableBlocks) fail(Code::DataLoss, "its table is out of bounds");
    for (const Json& block : table) added.table.push_back(parse_hash(block));
  }
  return manifest;
}

std::vector<std::byte> trailer(std::span<const std::byte> frame, const std::vector<Hash>& packs) {
  ByteWriter body;
  for (const Hash& pack : packs) body.raw(std::as_bytes(std::span(pack.bytes)));
  const auto hints = body.take();
  ByteWriter out;
  out.number(kTrailerMagic).number(static_cast<uint32_t>(hints.size() + sizeof(Hash::bytes))).raw(hints);
  const Hash hash = Hasher().add(frame).add(hints).finish();
  out.raw(std::as_bytes(std::span(hash.bytes)));
  return out.take();
}

std::vector<Hash> parse_trailer(std::span<const std::byte> frame, std::span<const std::byte> bytes,
                                const std::string& what) {
  ByteReader in(bytes, what);
  const uint32_t magic = in.number<uint32_t>();
  const uint32_t size = in.number<uint32_t>();
  const size_t hash = sizeof(Hash::bytes);
  if (magic != kTrailerMagic || size != in.left() || size < hash || size % hash != 0 || size / hash > kMostPacks) {
    fail(Code::DataLoss, what, " is damaged: its trailer is out of bounds");
  }
  std::vector<Hash> packs(size / hash - 1);
  for (Hash& pack : packs) std::memcpy(pack.bytes.data(), in.raw(hash).data(), hash);
  if (trailer(frame, packs) != std::vector<std::byte>(bytes.begin(), bytes.end())) {
    fail(Code::DataLoss, what, " is damaged: it does not have the hash that its trailer names");
  }
  return packs;
}

uint32_t magic_of(std::span<const std::byte> bytes) {
  uint32_t magic = 0;
  if (bytes.size() >= kFrameHead) std::memcpy(&magic, bytes.data(), sizeof magic);
  return magic;
}

// Everything before the trailer.
std::span<const std::byte> body_of(std::span<const std::byte> bytes, const std::string& what) {
  if (bytes.size() > kLargestManifest || bytes.size() < kTrailerHead) {
    fail(Code::DataLoss, what, " is damaged: ", bytes.size(), " bytes are no manifest");
  }
  size_t size = frame_size(bytes, what);
  const auto rest = bytes.subspan(size);
  if (magic_of(rest) == kSignatureMagic) size += frame_size(rest, what);
  return bytes.first(size);
}

std::vector<std::byte> signature_frame(const Signature& signature) {
  return ByteWriter()
      .number(kSignatureMagic)
      .number(static_cast<uint32_t>(signature.signer.size() + signature.bytes.size()))
      .raw(std::as_bytes(std::span(signature.signer)))
      .raw(std::as_bytes(std::span(signature.bytes)))
      .take();
}

// Whose signature follows the text; DataLoss when it is none of this text.
std::optional<PublicKey> parse_signature(std::span<const std::byte> frame, const Hash& id, const std::string& what) {
  if (frame.empty()) return std::nullopt;
  Signature signature;
  ByteReader in(frame, what);
  const auto magic = in.number<uint32_t>();
  const auto size = in.number<uint32_t>();
  if (magic != kSignatureMagic || size != in.left() || size != signature.signer.size() + signature.bytes.size()) {
    fail(Code::DataLoss, what, " is damaged: what follows its text is no signature");
  }
  std::memcpy(signature.signer.data(), in.raw(signature.signer.size()).data(), signature.signer.size());
  std::memcpy(signature.bytes.data(), in.raw(signature.bytes.size()).data(), signature.bytes.size());
  if (!is_signed(signature, id)) fail(Code::DataLoss, what, " is damaged or forged: its signature is of another text");
  return signature.signer;
}

std::vector<std::byte> closed_frame(std::span<const std::byte> body, const std::string& key, const Seal& seal) {
  const auto closed = seal.close(kSealKind, key, body);
  return ByteWriter().number(kSealedMagic).number(static_cast<uint32_t>(closed.size())).raw(closed).take();
}

// What was closed; `room` holds it.
std::span<const std::byte> opened_frame(std::span<const std::byte> body, const std::string& what, const Seal& seal,
                                        std::vector<std::byte>& room) {
  if (magic_of(body) != kSealedMagic) fail(Code::DataLoss, what, " is not sealed, and its store is");
  room.assign(body.begin() + kFrameHead, body.end());
  return seal.open(kSealKind, what, room, what);
}

}  // namespace

std::vector<Hash> check_manifest(std::span<const std::byte> bytes, const std::string& what) {
  const auto body = body_of(bytes, what);
  return parse_trailer(body, bytes.subspan(body.size()), what);
}

std::vector<std::byte> with_packs(std::span<const std::byte> bytes, const std::vector<Hash>& packs,
                                  const std::string& what) {
  const auto body = body_of(bytes, what);
  return ByteWriter().raw(body).raw(trailer(body, packs)).take();
}

bool same_but_packs(std::span<const std::byte> a, std::span<const std::byte> b, const std::string& what) {
  return std::ranges::equal(body_of(a, what), body_of(b, what));
}

std::string manifest_text(const Manifest& manifest) {
  return canonical_json(to_json(manifest));
}

std::vector<std::byte> encode_manifest(Manifest& manifest, const std::vector<Hash>& packs, const Seal* seal,
                                       const Identity* signer) {
  const std::string text = manifest_text(manifest);
  const Hash id = sha256(text);
  manifest.info.id = id.hex();
  auto bytes = compress(bytes_of(text), kLevel, FrameCheck::Checksum);
  const auto append = [&](const std::vector<std::byte>& more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  if (signer != nullptr) append(signature_frame(signer->sign(id)));
  if (seal != nullptr) bytes = closed_frame(bytes, manifest.key().key(), *seal);
  append(trailer(bytes, packs));
  if (bytes.size() > kLargestManifest) {
    fail(Code::InvalidArgument, "the manifest of a snapshot has ", bytes.size(), " bytes; at most ", kLargestManifest,
         " are allowed");
  }
  return bytes;
}

StoredManifest decode_manifest(std::span<const std::byte> bytes, const std::string& what, const Seal* seal) {
  std::span<const std::byte> body = body_of(bytes, what);
  StoredManifest out;
  out.packs = parse_trailer(body, bytes.subspan(body.size()), what);
  std::vector<std::byte> room;
  if (seal != nullptr) body = opened_frame(body, what, *seal, room);
  const auto frame = body.first(frame_size(body, what));
  std::string text(content_size(frame, kLargestText, what), '\0');
  decompress(frame, std::as_writable_bytes(std::span(text.data(), text.size())), what);
  const Json json = parse_canonical_json(text, what);
  try {
    out.manifest = from_json(json);
  } catch (const nlohmann::json::exception& error) {
    fail(Code::DataLoss, what, " is damaged: ", error.what());
  } catch (Error& error) {
    fail(error.code(), what, ": ", error.message());
  }
  const Hash id = sha256(text);
  out.manifest.info.id = id.hex();
  out.signer = parse_signature(body.subspan(frame.size()), id, what);
  return out;
}

}  // namespace cairn
