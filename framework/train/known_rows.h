// What a run's journal says about iterations that are computed once more.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cairn/monitor.h>

#include "store/find_snapshot.h"
#include "store/store.h"

namespace cairn {

class KnownRows {
 public:
  // Lines as to_json_line writes them; others are passed over. The first row about something stands.
  void add(std::string_view lines);
  size_t size() const { return rows_.size(); }
  int64_t iterations() const;  // that ran, as far as rows tell
  bool knows(const MetricRow& row) const { return rows_.contains(key_of(row)); }
  // The first exact column that has other bits, with both values. Empty when there is none, or nothing is known.
  std::optional<std::string> difference(const MetricRow& row) const;

 private:
  using Key = std::pair<MetricRow::Type, int64_t>;
  static Key key_of(const MetricRow& row) { return {row.type, row.at.iteration}; }
  std::map<Key, MetricRow> rows_;
};

// Rows of a run from iteration `from` on: out of metrics.jsonl in the run's folder, when it is there, and out of the
// snapshots of `line` up to the first at or behind iteration `to`, which carry the rows before them.
KnownRows known_rows(Store& store, const std::vector<SnapshotInfo>& line, const std::filesystem::path& run_folder,
                     int64_t from, int64_t to);

}  // namespace cairn
