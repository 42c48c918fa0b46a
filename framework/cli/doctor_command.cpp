#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/version.h>
#include <unistd.h>
#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/core/version.hpp>

#include "cli/commands.h"
#include "plugin/fingerprint.h"
#include "train/device.h"
#include "train/stages.h"
#include "train/stores.h"

namespace cairn {
namespace {

enum class Verdict { Good, Warning, Bad };

struct Check {
  std::string what;
  Verdict verdict = Verdict::Good;
  std::string detail;
};

// Collects what was looked at; a check that throws is a bad one.
class Doctor {
 public:
  explicit Doctor(Session& session) : session_(session) {}
  const std::vector<Check>& checks() const { return checks_; }

  void machine() {
    const double gib =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 30);
    good("machine", cat(sysconf(_SC_NPROCESSORS_ONLN), " cores, ", std::llround(gib), " GiB of memory, CPU kernels ",
                        at::get_cpu_capability()));
    good("libraries",
         cat("LibTorch ", TORCH_VERSION, ", OpenCV ", CV_VERSION, "; plugins must match: ", host_fingerprint()));
    good("devices", at::hasCUDA() ? "cpu, cuda" : "cpu (this LibTorch sees no CUDA device)");
  }

  void plugins() {
    attempt("plugins", [&] {
      const size_t count = session_.registry.open_all().size();
      for (const RefusedLibrary& refused : session_.registry.refused())
        add("plugin", Verdict::Warning, "refused " + refused.reason);
      if (count == 0) fail(Code::NotFound, "none found beside the executable; the installation is incomplete");
      return cat(count, " libraries");
    });
  }

  void compute(const Pipeline& pipeline) {
    attempt("compute", [&] {
      const Compute compute = resolve_compute(pipeline.run, pipeline.dataset.workers);
      return cat(compute.device.str(), " in ", name_of(compute.precision), ", ", compute.threads, " threads, ",
                 compute.workers, " loader workers, determinism ", name_of(pipeline.run.determinism));
    });
  }

  void space(const std::string& what, const std::filesystem::path& folder) {
    attempt(what, [&] {
      std::filesystem::create_directories(folder);
      if (access(folder.c_str(), W_OK) != 0) fail(Code::PermissionDenied, folder.string(), " cannot be written");
      const auto free = std::filesystem::space(folder).available;
      if (free < kScarceBytes) add(what, Verdict::Warning, cat(folder.string(), ": only ", free >> 20, " MiB free"));
      return cat(folder.string(), ", ", free >> 30, " GiB free");
    });
  }

  void data(const StageContext& context, Split split) {
    const std::string what = split == Split::Train ? "training set" : "validation set";
    attempt(what, [&] {
      const DataStage stage = make_data(context, split);
      return cat(stage.dataset->size(), " pictures, ", stage.dataset->classes().size(), " classes, ",
                 stage.dataset->problems().size(), " remarks");
    });
  }

  void stores(const Pipeline& pipeline) {
    attempt("stores", [&] {
      const OpenStores stores = open_stores(pipeline, session_.registry, session_.log);
      for (const auto& backend : stores.backends) store(*backend);
      return cat(stores.backends.size(), " in the pipeline");
    });
  }

  // Runs `look`; what it returns is the detail.
  template <class Function>
  bool attempt(const std::string& what, const Function& look) {
    try {
      good(what, look());
      return true;
    } catch (const std::exception& error) {
      add(what, Verdict::Bad, error.what());
      return false;
    }
  }

 private:
  static constexpr uint64_t kScarceBytes = uint64_t{2} << 30;

  void good(const std::string& what, std::string detail) { add(what, Verdict::Good, std::move(detail)); }
  void add(const std::string& what, Verdict verdict, std::string detail) {
    checks_.push_back({what, verdict, std::move(detail)});
  }

  void store(Backend& backend) {
    attempt("store " + backend.describe(), [&] {
      const std::string key = cat("probe/doctor-", getpid());
      const std::string text = "cairn doctor was here";
      const auto bytes = std::as_bytes(std::span(text));
      backend.put(key, bytes, PutMode::Replace);
      const bool refuses =
          !backend.capabilities().conditional_put || backend.put(key, bytes, PutMode::IfAbsent) == PutResult::Existed;
      const auto back = backend.get(key);
      const bool listed = !backend.list("probe/").keys.empty();
      if (backend.capabilities().remove) backend.remove(key);
      if (!back || !std::equal(back->begin(), back->end(), bytes.begin(), bytes.end()))
        fail(Code::DataLoss, "what was put does not come back");
      if (!refuses)
        fail(Code::FailedPrecondition,
             "a conditional put overwrote an object although the backend declares conditional_put");
      if (!listed) fail(Code::FailedPrecondition, "what was put is not listed");
      return std::string("put, conditional put, get, list and remove work");
    });
  }

  Session& session_;
  std::vector<Check> checks_;
};

int print(const std::vector<Check>& checks, Listing listing) {
  constexpr const char* kWords[] = {"ok", "warn", "FAIL"};
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  bool bad = false;
  for (const Check& check : checks) {
    const char* word = kWords[static_cast<int>(check.verdict)];
    bad = bad || check.verdict == Verdict::Bad;
    if (listing == Listing::Json) {
      json.push_back({{"verdict", word}, {"what", check.what}, {"detail", check.detail}});
    } else {
      std::cout << word << std::string(5 - std::string_view(word).size(), ' ') << check.what << ": " << check.detail
                << "\n";
    }
  }
  if (listing == Listing::Json) std::cout << json.dump(2) << "\n";
  return bad ? kExitFailed : kExitDone;
}

int examine(Session& session, const PipelineOptions& options, Listing listing) {
  Doctor doctor(session);
  doctor.machine();
  if (options.path.empty()) {
    add_standard_folders(session.registry, {});
    doctor.plugins();
    return print(doctor.checks(), listing);
  }
  std::optional<LoadResult> loaded;
  doctor.attempt("pipeline", [&] {
    loaded = load_pipeline(load_request(session, options));
    return options.path + " is good";
  });
  doctor.plugins();
  if (loaded) {
    const Pipeline& pipeline = loaded->pipeline;
    doctor.compute(pipeline);
    doctor.space("run folder", pipeline.run.directory / pipeline.run.name);
    const Compute compute;
    const StageContext context{pipeline, session.registry, session.log, compute,
                               pipeline.run.directory / pipeline.run.name};
    doctor.data(context, Split::Train);
    doctor.data(context, Split::Val);
    doctor.stores(pipeline);
  }
  return print(doctor.checks(), listing);
}

}  // namespace

void add_doctor_command(CLI::App& app, Session& session) {
  CLI::App* command =
      app.add_subcommand("doctor", "what would fail, before it does: machine, plugins, pipeline, data, stores");
  struct Options {
    PipelineOptions pipeline;
    bool json = false;
  };
  auto options = std::make_shared<Options>();  // co-owned by the callback below
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
