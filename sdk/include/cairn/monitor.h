// Kind monitor: watches a run. Cannot change it.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cairn/plugin.h>

namespace cairn {

// One row of the run's journal. Exact columns are equal, bit for bit, in two equal runs; measured ones (times, img/s)
// are not.
struct MetricRow {
  enum class Type { Iteration, Epoch, Evaluation } type = Type::Iteration;
  Progress at;
  std::vector<std::pair<std::string, double>> exact;     // "loss/box", "lr/decay", "map50"
  std::vector<std::pair<std::string, double>> measured;  // "images_per_second", "memory_bytes", "seconds"
};

// One line of JSON without a line end:
// {"row":"iteration","epoch":..,"position":..,"iteration":..,"step":..,"exact":{..}, "measured":{..}}. Numbers come
// back bit by bit; those that are not finite are texts ("nan", "inf", "-inf").
CAIRN_API std::string to_json_line(const MetricRow& row);
// InvalidArgument when the line is not such a row. The plan of `at` stays empty.
CAIRN_API MetricRow row_from_json_line(std::string_view line);

struct Event {
  enum class Type {
    Started,  // a new run
    Resumed,  // rows with an iteration >= at.iteration are void and will come again
    EpochStarted,
    EvaluationStarted,
    Evaluating,  // progress inside an evaluation: fraction
    Saved,       // a snapshot was published
    Picture,     // a picture was written: text is its path
    Warning,
    Finished,
    Interrupted  // everything is saved; the process is about to end with 75
  } type = Type::Started;
  Progress at;
  std::string text;     // for people, one line
  double fraction = 0;  // Evaluating: 0..1
};

// [train thread] Called between iterations; what takes long belongs into the monitor's own buffers, flushed on events.
class CAIRN_API Monitor : public Plugin {
 public:
  ~Monitor() override;
  virtual void on_metrics(const MetricRow& row) = 0;
  virtual void on_event(const Event& event) = 0;
};

template <class Class, class Params = NoParams>
FactoryBuilder<Class, Params> monitor(std::string type, std::string help) {
  return {Kind::Monitor, std::move(type), std::move(help)};
}

}  // namespace cairn
