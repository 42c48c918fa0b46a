// The run's journal: metrics.jsonl and results.csv in the run's folder.
#include <cairn/file.h>
#include <cairn/monitor.h>

#include "journal/results.h"
#include "journal/rows_file.h"

namespace cairn::monitors {
namespace {

struct JournalParams {
  bool table = true;
};

class RunJournal final : public Monitor {
 public:
  RunJournal(const JournalParams& params, const Context& context)
      : params_(params),
        log_(*context.log),
        files_(context.files ? *context.files : real_files()),
        folder_(context.run_directory),
        rows_(files_, folder_ / "metrics.jsonl") {}

  void on_metrics(const MetricRow& row) override;
  void on_event(const Event& event) override;

 private:
  void recover(int64_t iteration);
  void append(const MetricRow& row);
  void write_table();

  JournalParams params_;
  Logger& log_;
  FileSystem& files_;
  Path folder_;
  RowsFile rows_;
  Results results_;
  bool table_is_old_ = false;
  bool disk_full_ = false;
};

void RunJournal::recover(int64_t iteration) {
  results_.clear();
  const auto found = rows_.recover(iteration, [&](const MetricRow& row) { results_.add(row); });
  table_is_old_ = true;
  if (found.damaged > 0) log_.warn("metrics.jsonl: ", found.damaged, " damaged lines are left as they are");
  if (found.last_iteration + 1 < iteration) {
    log_.warn("metrics.jsonl: rows of iterations ", found.last_iteration + 1, " to ", iteration - 1,
              " are missing; they were lost before they reached the disk, or are in another folder");
  }
  log_.debug("metrics.jsonl: ", found.kept, " rows kept, ", found.cut, " void ones cut",
             found.torn ? ", torn end cut" : "");
}

void RunJournal::append(const MetricRow& row) {
  const bool written = rows_.append(row);
  if (!written && !disk_full_) log_.warn("metrics.jsonl: the disk is full; rows wait in memory until there is room");
  if (written && disk_full_) log_.info("metrics.jsonl: there is room again; no row is missing");
  disk_full_ = !written;
}

void RunJournal::on_metrics(const MetricRow& row) {
  if (!rows_.is_open()) recover(row.at.iteration);
  append(row);
  if (row.type == MetricRow::Type::Iteration) return;
  results_.add(row);
  table_is_old_ = true;
  if (row.type == MetricRow::Type::Evaluation) write_table();
}

void RunJournal::on_event(const Event& event) {
  switch (event.type) {
    case Event::Type::Started:
      rows_.begin();
      results_.clear();
      break;
    case Event::Type::Resumed:
      recover(event.at.iteration);
      write_table();
      break;
    case Event::Type::EpochStarted:
      write_table();
      break;
    case Event::Type::Saved:
      rows_.sync();
      break;
    case Event::Type::Finished:
    case Event::Type::Interrupted:
      write_table();
      rows_.sync();
      break;
    default:
      break;
  }
}

void RunJournal::write_table() {
  if (!params_.table || !table_is_old_ || results_.empty()) return;
  const std::string text = results_.to_csv();
  try {
    write_durably(files_, folder_ / "results.csv", std::as_bytes(std::span(text)));
    table_is_old_ = false;
  } catch (const Error& error) {
    if (error.code() != Code::ResourceExhausted) throw;
    log_.warn("results.csv waits for room: ", error.message());
  }
}

}  // namespace
}  // namespace cairn::monitors

CAIRN_PLUGIN("cairn.journal", "1.0.0",
             cairn::monitor<cairn::monitors::RunJournal, cairn::monitors::JournalParams>(
                 "journal", "every row in metrics.jsonl, one line per epoch in results.csv")
                 .param("table", &cairn::monitors::JournalParams::table, "write results.csv too"))
