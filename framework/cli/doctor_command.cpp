#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/doctor.h"

namespace cairn {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kWords[] = {"ok", "warn", "FAIL"};

void print_text(const std::vector<Check>& checks) {
  for (const Check& check : checks) {
    const std::string word = kWords[static_cast<int>(check.verdict)];
    std::cout << word << std::string(5 - word.size(), ' ') << check.what << ": " << check.detail << "\n";
  }
}

void print_json(const std::vector<Check>& checks) {
  Json json = Json::array();
  for (const Check& check : checks) {
    json.push_back(
        {{"verdict", kWords[static_cast<int>(check.verdict)]}, {"what", check.what}, {"detail", check.detail}});
  }
  std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

int examine(Session& session, const PipelineOptions& options, Listing listing) {
  Doctor doctor(session);
  doctor.machine();
  doctor.test_data();
  std::optional<Pipeline> pipeline;
  if (options.path.empty()) {
    add_standard_folders(session.registry, {});
  } else {
    pipeline = doctor.pipeline(options);
  }
  doctor.plugins();
  if (pipeline) doctor.training(*pipeline);
  listing == Listing::Json ? print_json(doctor.checks()) : print_text(doctor.checks());
  const bool bad = std::any_of(doctor.checks().begin(), doctor.checks().end(),
                               [](const Check& check) { return check.verdict == Verdict::Bad; });
  return bad ? kExitFailed : kExitDone;
}

struct DoctorOptions {
  PipelineOptions pipeline;
  bool json = false;
};

}  // namespace

void add_doctor_command(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("doctor", "what would fail, before it does: machine, plugins, pipeline, data, model, stores");
  auto options = std::make_shared<DoctorOptions>();  // co-owned by the callback below
  command->add_option("pipeline", options->pipeline.path, "a pipeline file; none: the machine alone");
  add_pipeline_options(*command, options->pipeline);
  command->add_flag("--json", options->json, "as JSON");
  command->callback([&session, options] {
    session.action = [&session, options] {
      return examine(session, options->pipeline, options->json ? Listing::Json : Listing::Text);
    };
  });
}

}  // namespace cairn
