#include "train/known_rows.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>

#include "checkpoint/pipeline/tree_reader.h"

namespace cairn {
namespace {

std::optional<MetricRow> row_of(const std::string& line) {
  try {
    return row_from_json_line(line);
  } catch (const Error&) {
    return std::nullopt;  // a torn or foreign line says nothing
  }
}

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

std::string precise(double value) {
  std::ostringstream out;
  out << std::setprecision(std::numeric_limits<double>::max_digits10) << value;
  return out.str();
}

// The rows that a snapshot carries: those since the one before it.
std::string journal_of(Store& store, const SnapshotInfo& info) {
  const auto stored = store.read_manifest(key_of(info));
  if (!stored) return "";  // forgotten meanwhile
  for (const TableRow& row : read_table(store, *stored, 1)) {
    if (row.entry.path != "record/journal") continue;
    std::string text(row.entry.size_bytes, '\0');
    read_rows(
        store, std::span(&row, 1), [&](size_t) { return std::as_writable_bytes(std::span(text.data(), text.size())); },
        1);
    return text;
  }
  return "";
}

std::string file_rows(const std::filesystem::path& file, int64_t from, int64_t to) {
  std::ifstream in(file);
  std::string lines;
  for (std::string line; std::getline(in, line);) {
    const auto row = row_of(line);
    if (row && row->at.iteration >= from && row->at.iteration <= to) lines += line + "\n";
  }
  return lines;
}

}  // namespace

void KnownRows::add(std::string_view lines) {
  std::istringstream in{std::string(lines)};
  for (std::string line; std::getline(in, line);) {
    if (auto row = row_of(line)) rows_.try_emplace(key_of(*row), std::move(*row));
  }
}

int64_t KnownRows::iterations() const {
  int64_t most = 0;
  for (const auto& [key, row] : rows_) {
    if (row.type == MetricRow::Type::Iteration) most = std::max(most, row.at.iteration + 1);
  }
  return most;
}

std::optional<std::string> KnownRows::difference(const MetricRow& row) const {
  const auto known = rows_.find(key_of(row));
  if (known == rows_.end()) return std::nullopt;
  const auto& was = known->second.exact;
  for (size_t i = 0; i < std::min(was.size(), row.exact.size()); ++i) {
    const auto& [name, value] = row.exact[i];
    if (name != was[i].first) return cat("the journal has '", was[i].first, "' where '", name, "' is expected");
    if (!same_bits(value, was[i].second)) {
      return cat(name, " is ", precise(value), ", the journal has ", precise(was[i].second));
    }
  }
  if (was.size() == row.exact.size()) return std::nullopt;
  return cat("it has ", row.exact.size(), " exact columns, the journal has ", was.size());
}

KnownRows known_rows(Store& store, const std::vector<SnapshotInfo>& line, const std::filesystem::path& run_folder,
                     int64_t from, int64_t to) {
  KnownRows rows;
  for (const SnapshotInfo& info : line) {
    if (info.cut.iteration <= from) continue;
    rows.add(journal_of(store, info));
    if (info.cut.iteration >= to) break;
  }
  rows.add(file_rows(run_folder / "metrics.jsonl", from, to));
  return rows;
}

}  // namespace cairn
