#include "train/beginning.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <cairn/teacher.h>

#include "plugin/call.h"

namespace cairn {
namespace {

template <class Extension>
Extension* extension_of(Model& model, std::string_view id) {
  return static_cast<Extension*>(call_plugin("model", "extension", [&] { return model.extension(id); }));
}

constexpr size_t kListed = 30;

void say(const std::vector<NotTaken>& entries, std::string_view what, Logger& log) {
  for (size_t i = 0; i < std::min(entries.size(), kListed); ++i)
    log.warn(entries[i].name, ": ", what, ": ", entries[i].reason);
  if (entries.size() > kListed) log.warn("and ", entries.size() - kListed, " more: ", what);
}

// Those of another shape are among the missing ones already.
std::vector<NotTaken> only_in_the_file(const LoadReport& report) {
  std::set<std::string> said;
  for (const NotTaken& entry : report.missing) said.insert(entry.name);
  std::vector<NotTaken> rest;
  std::copy_if(report.unused.begin(), report.unused.end(), std::back_inserter(rest),
               [&](const NotTaken& entry) { return !said.contains(entry.name); });
  return rest;
}

}  // namespace

std::vector<BoxSize> box_sizes(const Dataset& dataset, int64_t image_size) {
  std::vector<BoxSize> sizes;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    const Record record = call_plugin("dataset", "at", [&] { return dataset.at(i); });
    const double longest = std::max({record.width, record.height, 1});
    const double scale = static_cast<double>(image_size) / longest;
    for (const Box& box : record.boxes) sizes.push_back({i, box.width() * scale, box.height() * scale});
  }
  return sizes;
}

void load_initial_weights(Model& model, const std::string& source, const ReadWeights& read, Logger& log) {
  const LoadReport report = load_weights(model.module(), read(source), LoadPolicy::Partial);
  log.info(source, ": ", report.summary());
  say(report.missing, "kept as initialised", log);
  say(only_in_the_file(report), "of the file, not used", log);
  if (report.taken.empty()) fail(Code::InvalidArgument, "model.weights ", source, ": nothing of it fits this model");
}

void hand_over_what_it_asks_for(Model& model, const Dataset& train, int64_t image_size, const ReadWeights& read,
                                Logger& log) {
  if (auto* teacher = extension_of<Teacher>(model, kTeacherExtension)) {
    const std::string source = teacher->teacher_file();
    const TensorFile weights = read(source);
    call_plugin("model", "take_teacher", [&] { teacher->take_teacher(weights.tensors); });
    log.info("teacher: weights of ", source);
  }
  if (auto* statistics = extension_of<DatasetStatistics>(model, kDatasetStatisticsExtension)) {
    const std::vector<BoxSize> sizes = box_sizes(train, image_size);
    call_plugin("model", "take_box_sizes", [&] { statistics->take_box_sizes(sizes); });
  }
}

}  // namespace cairn
