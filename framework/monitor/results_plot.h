// results.png: the curves of a run.
#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <cairn/monitor.h>

#include "monitor/chart.h"

namespace cairn {

// One named column over epochs.
struct ResultColumn {
  std::string name;  // "loss/box", "map50", "lr/decay"
  std::vector<double> epoch, value;
};

// Exact columns of epoch and evaluation rows, by name, in order of first appearance. A row that comes again for the
// same epoch (after a resume) replaces the earlier one.
std::vector<ResultColumn> result_columns(std::span<const MetricRow> rows);
// From results.csv: a header line with "epoch" among its names, numbers below; empty fields are left out.
// InvalidArgument names the line.
std::vector<ResultColumn> result_columns_from_csv(const std::string& csv);

// A chart per loss term, then mAP, precision and recall, learning rates; other columns are left out.
Figure results_figure(std::span<const ResultColumn> columns);
void write_results(std::span<const ResultColumn> columns, const std::filesystem::path& path);

}  // namespace cairn
