#include "cli/data_command.h"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include <cairn/dataset.h>

#include "plugin/call.h"

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;

struct SplitReport {
  std::string name;
  ClassNames classes;
  std::vector<Problem> problems;
  int64_t images = 0, without_objects = 0, boxes = 0, crowd = 0;
  std::vector<int64_t> per_class;
  std::string fingerprint;
  bool refused() const {
    return std::any_of(problems.begin(), problems.end(),
                       [](const Problem& p) { return p.severity == Problem::Severity::Refuse; });
  }
};

const char* name_of(Problem::Severity severity) {
  constexpr const char* kNames[] = {"warn", "skip", "refuse"};
  return kNames[static_cast<int>(severity)];
}

void count(const Dataset& dataset, SplitReport& report) {
  report.classes = dataset.classes();
  report.per_class.assign(report.classes.size(), 0);
  report.problems = dataset.problems();
  report.images = dataset.size();
  report.fingerprint = dataset.fingerprint();
  for (int64_t i = 0; i < report.images; ++i) {
    const Record record = dataset.at(i);
    report.without_objects += record.boxes.empty();
    for (const Box& box : record.boxes) {
      ++report.boxes;
      report.crowd += (box.flags & kCrowd) != 0;
      if (const auto id = static_cast<size_t>(box.class_id); id < report.per_class.size()) ++report.per_class[id];
    }
  }
}

SplitReport check_split(const DataCheck& what, Registry& registry, Split split) {
  SplitReport report;
  report.name = split == Split::Train ? "train" : "val";
  Context context;
  context.base_directory = what.base_directory;
  context.split = split;
  const auto dataset = registry.create<Dataset>(what.type, what.params, context);
  call_plugin("dataset " + what.type, "reading the " + report.name + " split", [&] { count(*dataset, report); });
  return report;
}

void compare_classes(const SplitReport& train, SplitReport& val) {
  if (train.refused() || val.refused() || train.classes == val.classes) return;
  val.problems.insert(val.problems.begin(),
                      {Problem::Severity::Refuse, "", 0, "the classes differ from those of the train split"});
}

std::string place_of(const Problem& problem) {
  if (problem.file.empty()) return {};
  return problem.line > 0 ? cat(problem.file, ":", problem.line, ": ") : problem.file + ": ";
}

void print(const SplitReport& report, std::ostream& out) {
  out << report.name << ": " << report.images << " pictures, " << report.without_objects << " of them without objects, "
      << report.boxes << " boxes";
  if (report.crowd > 0) out << ", " << report.crowd << " of them crowd regions";
  out << '\n';
  for (size_t i = 0; i < report.classes.size(); ++i)
    out << "  " << i << ' ' << report.classes[i] << ": " << report.per_class[i] << '\n';
  for (const Problem& problem : report.problems) {
    out << "  " << name_of(problem.severity) << ": " << place_of(problem) << problem.message << '\n';
  }
}

Json json_of(const SplitReport& report) {
  Json classes = Json::array(), problems = Json::array();
  for (size_t i = 0; i < report.classes.size(); ++i)
    classes.push_back({{"name", report.classes[i]}, {"boxes", report.per_class[i]}});
  for (const Problem& problem : report.problems) {
    problems.push_back({{"severity", name_of(problem.severity)},
                        {"file", problem.file},
                        {"line", problem.line},
                        {"message", problem.message}});
  }
  return {{"split", report.name},
          {"pictures", report.images},
          {"without_objects", report.without_objects},
          {"boxes", report.boxes},
          {"crowd", report.crowd},
          {"classes", classes},
          {"fingerprint", report.fingerprint},
          {"refused", report.refused()},
          {"problems", problems}};
}

}  // namespace

int data_check(const DataCheck& what, Registry& registry, std::ostream& out) {
  const SplitReport train = check_split(what, registry, Split::Train);
  SplitReport val = check_split(what, registry, Split::Val);
  compare_classes(train, val);
  const bool refused = train.refused() || val.refused();
  if (what.listing == Listing::Json) {
    const Json all = {{"usable", !refused}, {"splits", {json_of(train), json_of(val)}}};
    out << all.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
  } else {
    print(train, out);
    print(val, out);
    out << (refused ? "refused: training would not start on this set\n" : "usable\n");
  }
  return refused ? 2 : 0;
}

DataCheck check_of_yaml(const std::filesystem::path& yaml) {
  DataCheck check;
  check.params["path"] = std::filesystem::absolute(yaml).string();
  return check;
}

}  // namespace cairn
