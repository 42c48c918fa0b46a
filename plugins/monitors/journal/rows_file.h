// metrics.jsonl: one row per line as to_json_line writes it, appended as they come; void ones are cut when a run
// resumes. In two equal runs every line is equal, byte for byte, up to "measured".
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <cairn/file.h>

#include "journal/row_key.h"

namespace cairn::monitors {

class RowsFile {
 public:
  struct Recovered {
    int64_t kept = 0;             // rows
    int64_t cut = 0;              // rows with an iteration at or behind the cut
    bool torn = false;            // the last line had no end
    int64_t damaged = 0;          // whole lines that are no rows; they stay
    int64_t last_iteration = -1;  // newest iteration row kept
  };

  RowsFile(FileSystem& files, Path path) : files_(files), path_(std::move(path)) {}
  // A new run: what is there moves to metrics.previous.jsonl.
  void begin();
  // Cuts from the first row with an iteration >= `iteration` on, and a torn last line. Hands the kept Epoch and
  // Evaluation rows to `report`, in order.
  Recovered recover(int64_t iteration, const std::function<void(MetricRow)>& report);
  // Reaches the operating system before the return, so that a kill loses nothing; false when the disk is full: the row
  // waits in memory for the next call. An Epoch or Evaluation row that was there already (an evaluation done again
  // after a resume) replaces the old one and everything behind it.
  bool append(const MetricRow& row);
  void sync();
  bool is_open() const { return file_ != nullptr; }

 private:
  struct Report {
    RowKey key;
    uint64_t offset;
  };
  void cut_repeated(const RowKey& key);
  bool write_waiting();

  FileSystem& files_;
  Path path_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  std::string waiting_;          // lines behind `size_`
  std::vector<Report> reports_;  // of the Epoch and Evaluation rows in the file
};

}  // namespace cairn::monitors
