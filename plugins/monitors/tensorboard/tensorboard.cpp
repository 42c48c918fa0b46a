// Scalars as TensorBoard's event files. Each process writes a file of its own; a resumed run's begins with a START at
// its iteration, by which readers drop what is void.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include <cairn/file.h>
#include <cairn/monitor.h>

#include "tensorboard/encode.h"

namespace cairn::monitors {
namespace {

constexpr size_t kFlushBytes = 16 << 10;
constexpr std::string_view kFilePrefix = "events.out.tfevents.";

struct TensorBoardParams {
  std::string directory = "tensorboard";
  int64_t every = 1;
};

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == 0) return "host";
  return name;
}

class TensorBoard final : public Monitor {
 public:
  TensorBoard(const TensorBoardParams& params, const Context& context)
      : params_(params),
        files_(context.files ? *context.files : real_files()),
        folder_(context.run_directory / params.directory) {}

  void on_metrics(const MetricRow& row) override;
  void on_event(const Event& event) override;

 private:
  void open(int64_t step);
  void write(const std::string& event) { pending_ += framed(event); }
  void flush();
  int64_t next_file_second();

  TensorBoardParams params_;
  FileSystem& files_;
  Path folder_;
  std::unique_ptr<File> file_;
  std::string pending_;
};

// Readers take files in the order of their names, so the name's time is later than every other in the folder.
int64_t TensorBoard::next_file_second() {
  int64_t second = static_cast<int64_t>(wall_time());
  for (const auto& name : files_.list(folder_)) {
    if (!name.starts_with(kFilePrefix)) continue;
    second = std::max<int64_t>(second, std::strtoll(name.c_str() + kFilePrefix.size(), nullptr, 10) + 1);
  }
  return second;
}

void TensorBoard::open(int64_t step) {
  files_.make_folders(folder_);
  char second[32];
  std::snprintf(second, sizeof second, "%010lld", static_cast<long long>(next_file_second()));
  file_ = files_.open(folder_ / cat(kFilePrefix, second, ".", host_name(), ".", getpid(), ".cairn"), Open::CreateNew);
  write(version_event(wall_time()));
  write(start_event(wall_time(), step));
  flush();
}

void TensorBoard::flush() {
  if (!file_ || pending_.empty()) return;
  file_->append(std::as_bytes(std::span(pending_)));
  pending_.clear();
}

void TensorBoard::on_metrics(const MetricRow& row) {
  if (!file_) open(row.at.iteration);
  const bool iteration = row.type == MetricRow::Type::Iteration;
  if (iteration && row.at.iteration % params_.every != 0) return;
  const std::string prefix = row.type == MetricRow::Type::Epoch        ? "epoch/"
                             : row.type == MetricRow::Type::Evaluation ? "metrics/"
                                                                       : "";
  Scalars scalars;
  for (const auto& [name, value] : row.exact) scalars.emplace_back(prefix + name, value);
  for (const auto& [name, value] : row.measured) scalars.emplace_back("measured/" + prefix + name, value);
  write(scalars_event(wall_time(), row.at.iteration, scalars));
  if (!iteration || pending_.size() >= kFlushBytes) flush();
}

void TensorBoard::on_event(const Event& event) {
  switch (event.type) {
    case Event::Type::Started:
    case Event::Type::Resumed:
      flush();
      open(event.at.iteration);
      break;
    case Event::Type::Evaluating:
      break;
    default:
      flush();
  }
}

}  // namespace
}  // namespace cairn::monitors

CAIRN_PLUGIN("cairn.tensorboard", "1.0.0",
             cairn::monitor<cairn::monitors::TensorBoard, cairn::monitors::TensorBoardParams>(
                 "tensorboard", "scalars as event files that TensorBoard reads")
                 .param("directory", &cairn::monitors::TensorBoardParams::directory, "folder, below the run's")
                 .param("every", &cairn::monitors::TensorBoardParams::every, cairn::at_least(1),
                        cairn::unit::iterations, "every how many iterations a row is written"))
