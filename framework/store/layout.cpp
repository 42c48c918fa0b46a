#include "store/layout.h"

#include <charconv>
#include <string>

#include <cairn/error.h>

namespace cairn {

namespace {

constexpr std::string_view kSnapshots = "snapshots/";
constexpr std::string_view kManifestEnd = ".manifest";
constexpr std::string_view kPackEnd = ".pack";
constexpr size_t kSequenceDigits = 12;
constexpr size_t kGenerationDigits = 6;

std::string padded(int64_t value, size_t digits) {
  const std::string text = std::to_string(value);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

std::optional<int64_t> number(std::string_view text, size_t least_digits) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  if (padded(value, least_digits) != text) return std::nullopt;
  return value;
}

bool is_run_name(std::string_view run) {
  if (run.empty() || run.size() > 64 || run == "." || run == "..") return false;
  return run.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
         std::string_view::npos;
}

}  // namespace

void check_run_name(const std::string& run) {
  if (is_run_name(run)) return;
  fail(Code::InvalidArgument, "run name '", run,
       "': expected 1 to 64 of A-Z a-z 0-9 . _ - (and not '.' or '..'); choose another");
}

ManifestKey key_of(const SnapshotInfo& info) {
  return {info.run, info.sequence, info.generation};
}

std::string manifest_prefix(const std::string& run) {
  return run.empty() ? std::string(kSnapshots) : cat(kSnapshots, run, "/");
}

std::string ManifestKey::key() const {
  return cat(kSnapshots, run, "/", padded(sequence, kSequenceDigits), "-", padded(generation, kGenerationDigits),
             kManifestEnd);
}

std::optional<ManifestKey> ManifestKey::parse(std::string_view key) {
  if (!key.starts_with(kSnapshots) || !key.ends_with(kManifestEnd)) return std::nullopt;
  key.remove_prefix(kSnapshots.size());
  key.remove_suffix(kManifestEnd.size());
  const size_t slash = key.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view run = key.substr(0, slash), name = key.substr(slash + 1);
  const size_t dash = name.find('-');
  if (!is_run_name(run) || dash == std::string_view::npos) return std::nullopt;
  const auto sequence = number(name.substr(0, dash), kSequenceDigits);
  const auto generation = number(name.substr(dash + 1), kGenerationDigits);
  if (!sequence || !generation) return std::nullopt;
  return ManifestKey{std::string(run), *sequence, *generation};
}

std::string pack_key(const Hash& pack) {
  const std::string hex = pack.hex();
  return cat(kPackPrefix, hex.substr(0, 2), "/", hex, kPackEnd);
}

std::optional<Hash> parse_pack_key(std::string_view key) {
  const size_t length = kPackPrefix.size() + 3 + 64 + kPackEnd.size();
  if (key.size() != length || !key.starts_with(kPackPrefix) || !key.ends_with(kPackEnd)) return std::nullopt;
  const auto hash = Hash::from_hex(key.substr(kPackPrefix.size() + 3, 64));
  if (!hash || pack_key(*hash) != key) return std::nullopt;
  return hash;
}

std::string lease_key(const std::string& run, int64_t generation, int64_t number) {
  return cat("leases/", run, "/", padded(generation, kGenerationDigits), "-", number, ".json");
}

}  // namespace cairn
