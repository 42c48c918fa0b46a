#include "config/fingerprint.h"

#include <filesystem>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cairn {
namespace {

std::string file_name(const std::string& path) {
  const std::filesystem::path whole(path);
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

std::string without_folders(const Value& value) {
  if (const auto* text = value.as<std::string>()) return Value(file_name(*text)).to_text();
  List names;
  for (const Value& entry : value.list()) names.emplace_back(file_name(entry.text()));
  return Value(std::move(names)).to_text();
}

}  // namespace

std::map<std::string, std::string> numerics_values(const LoadResult& result) {
  std::map<std::string, std::string> values;
  for (const Entry& entry : result.entries) {
    // What a preset says is among the values itself; its name adds nothing.
    if (!entry.affects_numerics || entry.key() == "model.preset") continue;
    values[entry.key()] = entry.is_path ? without_folders(entry.value) : entry.value.to_text();
  }
  return values;
}

std::string numerics_fingerprint(const LoadResult& result) {
  std::string text;
  for (const auto& [key, value] : numerics_values(result)) text += key + " = " + value + "\n";
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (unsigned char byte : bytes.digest) out += {kHex[byte >> 4], kHex[byte & 15]};
  return out;
}

}  // namespace cairn
