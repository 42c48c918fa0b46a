#include "monitor/results_plot.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <cairn/error.h>

namespace cairn {
namespace {

constexpr size_t kMaxColumns = 512;

void set_value(ResultColumn* column, double epoch, double value) {
  while (!column->epoch.empty() && column->epoch.back() >= epoch) {
    column->epoch.pop_back();
    column->value.pop_back();
  }
  column->epoch.push_back(epoch);
  column->value.push_back(value);
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  size_t from = 0;
  for (size_t at = 0; at <= line.size(); ++at) {
    if (at < line.size() && line[at] != ',') continue;
    std::string field = line.substr(from, at - from);
    const auto first = field.find_first_not_of(" \t\r"), last = field.find_last_not_of(" \t\r");
    fields.push_back(first == std::string::npos ? "" : field.substr(first, last - first + 1));
    from = at + 1;
  }
  return fields;
}

double number(const std::string& field, int64_t line) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) {
    fail(Code::InvalidArgument, "results, line ", line, ": expected a number, found \"", field, "\"");
  }
  return value;
}

bool starts_with(const std::string& name, const char* prefix) {
  return name.rfind(prefix, 0) == 0;
}

// Columns that share a chart: a title and which names belong to it.
struct Group {
  const char* title;
  bool (*has)(const std::string& name);
};
constexpr Group kGroups[] = {
    {"mAP", [](const std::string& n) { return n == "map50" || n == "map50_95" || n == "map75"; }},
    {"precision and recall", [](const std::string& n) { return n == "precision" || n == "recall" || n == "f1"; }},
    {"COCO AP", [](const std::string& n) { return n == "coco_ap" || n == "coco_ap50" || n == "coco_ap75"; }},
    {"learning rate", [](const std::string& n) { return starts_with(n, "lr/") || n == "lr"; }}};

// Epochs are counted from 1, as on the terminal.
Series series_of(const ResultColumn& column, const std::string& name, int colour) {
  std::vector<double> epochs = column.epoch;
  for (double& epoch : epochs) epoch += 1;
  return {Series::Style::Line, name, std::move(epochs), column.value, class_colour(colour), 1.8};
}

bool is_loss(const std::string& name) {
  return starts_with(name, "loss/") || starts_with(name, "val_loss/") || name == "loss";
}

Chart chart_of(std::string title) {
  Chart chart;
  chart.title = std::move(title);
  chart.x_label = "epoch";
  return chart;
}

// "loss/box" and "val_loss/box" share a chart.
std::vector<Chart> loss_charts(std::span<const ResultColumn> columns) {
  std::vector<Chart> charts;
  std::map<std::string, size_t> chart_at;
  for (const ResultColumn& column : columns) {
    if (!is_loss(column.name)) continue;
    const auto slash = column.name.find('/');
    const std::string term = slash == std::string::npos ? "total" : column.name.substr(slash + 1);
    const auto [at, fresh] = chart_at.emplace(term, charts.size());
    if (fresh) charts.push_back(chart_of("loss: " + term));
    const bool validation = starts_with(column.name, "val_");
    charts[at->second].series.push_back(series_of(column, validation ? "val" : "train", validation ? 0 : 1));
  }
  for (Chart& chart : charts) {
    if (chart.series.size() == 1) chart.series[0].name.clear();
  }
  return charts;
}

}  // namespace

std::vector<ResultColumn> result_columns(std::span<const MetricRow> rows) {
  std::vector<ResultColumn> columns;
  for (const MetricRow& row : rows) {
    if (row.type == MetricRow::Type::Iteration) continue;
    for (const auto& [name, value] : row.exact) {
      auto column = std::ranges::find(columns, name, &ResultColumn::name);
      if (column == columns.end()) {
        columns.push_back({name, {}, {}});
        column = columns.end() - 1;
      }
      set_value(&*column, static_cast<double>(row.at.epoch), value);
    }
  }
  return columns;
}

std::vector<ResultColumn> result_columns_from_csv(const std::string& csv) {
  std::vector<ResultColumn> columns;
  size_t epoch_at = 0, from = 0;
  for (int64_t line = 1; from < csv.size(); ++line) {
    const size_t end = std::min(csv.find('\n', from), csv.size());
    const std::vector<std::string> fields = split(csv.substr(from, end - from));
    from = end + 1;
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (columns.empty()) {
      if (fields.size() > kMaxColumns) fail(Code::InvalidArgument, "results, line 1: ", fields.size(), " columns");
      for (const std::string& name : fields) columns.push_back({name, {}, {}});
      epoch_at = static_cast<size_t>(std::ranges::find(fields, "epoch") - fields.begin());
      if (epoch_at == fields.size()) fail(Code::InvalidArgument, "results, line ", line, ": no column \"epoch\"");
      continue;
    }
    if (fields.size() != columns.size()) {
      fail(Code::InvalidArgument, "results, line ", line, ": ", fields.size(), " fields, expected ", columns.size());
    }
    const double epoch = number(fields[epoch_at], line);
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i != epoch_at && !fields[i].empty()) set_value(&columns[i], epoch, number(fields[i], line));
    }
  }
  std::erase_if(columns, [](const ResultColumn& column) { return column.epoch.empty(); });
  return columns;
}

Figure results_figure(std::span<const ResultColumn> columns) {
  Figure figure;
  figure.charts = loss_charts(columns);
  for (const Group& group : kGroups) {
    Chart chart = chart_of(group.title);
    for (const ResultColumn& column : columns) {
      if (group.has(column.name))
        chart.series.push_back(series_of(column, column.name, static_cast<int>(chart.series.size())));
    }
    if (!chart.series.empty()) figure.charts.push_back(std::move(chart));
  }
  figure.columns =
      std::clamp(static_cast<int>(std::ceil(std::sqrt(static_cast<double>(figure.charts.size()) * 1.2))), 1, 4);
  figure.chart_width = 380;
  figure.chart_height = 270;
  return figure;
}

void write_results(std::span<const ResultColumn> columns, const std::filesystem::path& path) {
  write_picture(draw(results_figure(columns)), path);
}

}  // namespace cairn
