// The run's monitors as one. A monitor that fails is named, switched off, and training goes on.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <cairn/evaluation.h>
#include <cairn/monitor.h>

namespace cairn {

// [train thread]
class Monitors {
 public:
  explicit Monitors(Logger& log) : log_(log) {}
  void add(std::string type, std::unique_ptr<Monitor> monitor);
  void metrics(const MetricRow& row);
  // To those that have kEvaluationExtension.
  void evaluated(const Progress& at, std::span<const ClassFigures> classes);
  void event(Event::Type type, const Progress& at, std::string text = {}, double fraction = 0);

 private:
  struct Entry {
    std::string name;
    std::unique_ptr<Monitor> monitor;
  };
  template <class Call>
  void each(std::string_view stage, const Call& call);
  Logger& log_;
  std::vector<Entry> entries_;
};

}  // namespace cairn
