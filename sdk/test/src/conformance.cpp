#include <cairn/conformance.h>

#include <ATen/Parallel.h>
#include <unistd.h>
#include <algorithm>
#include <sstream>

#include "check.h"
#include "plugin/call.h"
#include "plugin/child.h"
#include "plugin/crash.h"
#include "subject.h"
#include "temporary_folder.h"

namespace cairn::conformance {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLibraryGroup = "library";
constexpr std::string_view kSkipMark = "skip:", kFailMark = "fail:";
constexpr std::chrono::seconds kListLimit{30};

std::pair<std::string, std::string> split(std::string_view check) {
  const size_t slash = check.find('/');
  if (slash == std::string_view::npos) fail(Code::NotFound, "no check is named '", check, "'");
  return {std::string(check.substr(0, slash)), std::string(check.substr(slash + 1))};
}

const FactoryDescriptor& factory_of(const Library& library, const std::string& group) {
  for (const FactoryDescriptor& factory : library.descriptor->factories) {
    if (cat(name_of(factory.kind), ".", factory.type) == group) return factory;
  }
  fail(Code::NotFound, library.file.string(), " has no ", group);
}

template <class List>
const auto& named(const List& list, const std::string& name) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const auto& check) { return check.name == name; });
  if (found == list.end()) fail(Code::NotFound, "no check is named '", name, "'");
  return *found;
}

// One thread, so that two runs of one check see the same bits; a folder of its own as working directory.
void settle(const fs::path& temp) {
  at::set_num_threads(1);
  install_crash_handler();
  if (chdir(temp.c_str()) != 0) fail(Code::Internal, "cannot work in ", temp.string());
}

void run_here(const Subject& subject, const std::string& check, const fs::path& temp) {
  const auto [group, name] = split(check);
  if (group == kLibraryGroup) return named(library_checks(), name).run(subject.library);
  const SubjectParams all = read_params(subject);
  if (!all.data.empty()) fs::copy(all.data, temp / "data", fs::copy_options::recursive);
  const Library library = open_library(subject.library);
  const FactoryDescriptor& factory = factory_of(library, group);
  const Specimen specimen(library, factory, params_of(all, factory.kind, factory.type, temp),
                          all.data.empty() ? fs::path() : temp / "data");
  named(checks_of_kind(factory.kind), name).run(specimen);
}

// Failure and Skip are the kit's own; they must not become plugin errors.
void judge(const Subject& subject, const std::string& check, const fs::path& temp, const Say& say) {
  settle(temp);
  const InPlugin inside(check, "checked");
  try {
    run_here(subject, check, temp);
  } catch (const Failure& failure) {
    say(cat(kFailMark, failure.what()));
  } catch (const Skip& skip) {
    say(cat(kSkipMark, skip.what()));
  } catch (...) {
    try {
      rethrow_plugin_error(check, "checked");
    } catch (const Error& error) {
      say(cat(kFailMark, error.what()));
    }
  }
}

Result result_of(const std::string& check, const ChildEnd& end) {
  Result result{check, Verdict::Failed, "", 0};
  if (end.how != ChildEnd::How::Returned) {
    result.message = end.ending();
    if (!end.printed.empty()) result.message += "; it printed: " + end.printed.substr(0, 2000);
  } else if (end.said.starts_with(kFailMark)) {
    result.message = end.said.substr(kFailMark.size());
  } else if (end.said.starts_with(kSkipMark)) {
    result.verdict = Verdict::Skipped;
    result.message = end.said.substr(kSkipMark.size());
  } else {
    result.verdict = Verdict::Passed;
  }
  return result;
}

Subject absolute(const Subject& subject) {
  if (!fs::exists(subject.library)) fail(Code::NotFound, "there is no ", subject.library.string());
  return {fs::canonical(subject.library), subject.params.empty() ? fs::path() : fs::absolute(subject.params)};
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  constexpr std::string_view kNames[] = {"passed", "failed", "skipped"};
  return kNames[static_cast<int>(verdict)];
}

Checks checks_of_kind(Kind kind) {
  Checks all = plugin_checks();
  constexpr std::pair<Kind, Checks (*)()> kOwn[] = {
      {Kind::Dataset, dataset_checks},     {Kind::Augmentation, augmentation_checks}, {Kind::Model, model_checks},
      {Kind::Optimizer, optimizer_checks}, {Kind::Scheduler, scheduler_checks},       {Kind::Backend, backend_checks},
      {Kind::Monitor, monitor_checks}};
  for (const auto& [own, checks] : kOwn) {
    if (own != kind) continue;
    for (Check& check : checks()) all.push_back(std::move(check));
  }
  return all;
}

std::vector<std::string> checks_of(const Subject& given) {
  const Subject subject = absolute(given);
  std::vector<std::string> names;
  for (const LibraryCheck& check : library_checks()) names.push_back(cat(kLibraryGroup, "/", check.name));
  const ChildEnd end = run_in_child(
      [&](const Say& say) {
        for (const FactoryDescriptor& factory : open_library(subject.library).descriptor->factories) {
          for (const Check& check : checks_of_kind(factory.kind))
            say(cat(name_of(factory.kind), ".", factory.type, "/", check.name, "\n"));
        }
      },
      kListLimit);
  if (end.how != ChildEnd::How::Returned) return names;
  std::istringstream lines(end.said);
  for (std::string line; std::getline(lines, line);) names.push_back(line);
  return names;
}

std::string describe(std::string_view check) {
  const auto [group, name] = split(check);
  if (group == kLibraryGroup) return named(library_checks(), name).sentence;
  for (const Kind kind : kAllKinds) {
    if (group.starts_with(cat(cairn::name_of(kind), "."))) return named(checks_of_kind(kind), name).sentence;
  }
  fail(Code::NotFound, "no check is named '", check, "'");
}

Result run(const Subject& given, const std::string& check, const Options& options) {
  const Subject subject = absolute(given);
  const TemporaryFolder temp;
  const auto begin = std::chrono::steady_clock::now();
  const ChildEnd end = run_in_child([&](const Say& say) { judge(subject, check, temp.path(), say); }, options.limit);
  Result result = result_of(check, end);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::unique_ptr<Plugin> create(const fs::path& library, Kind kind, std::string_view type, const Table& params,
                               const Context& context) {
  const std::string group = cat(name_of(kind), ".", type);
  const Library opened = open_library(library);
  return call_plugin(group, "create", [&] { return factory_of(opened, group).create(params, context); });
}

}  // namespace cairn::conformance
