#include "cli/doctor.h"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/nn/module.h>
#include <torch/version.h>
#include <unistd.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <opencv2/core/version.hpp>

#include "cli/store_proof.h"
#include "model/weights.h"
#include "plugin/fingerprint.h"
#include "train/snapshot_weights.h"
#include "train/stores.h"

namespace cairn {
namespace {

constexpr uint64_t kScarceBytes = uint64_t{2} << 30;

// The folder itself, or the nearest one above it that exists.
std::filesystem::path existing(std::filesystem::path folder) {
  folder = std::filesystem::absolute(folder).lexically_normal();
  while (!std::filesystem::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

std::string count_text(int64_t count) {
  return cat(std::llround(static_cast<double>(count) / 1e4) / 100.0, " M");
}

}  // namespace

template <class Function>
void Doctor::attempt(const std::string& what, const Function& look) {
  try {
    good(what, look());
  } catch (const std::exception& error) {
    add(what, Verdict::Bad, error.what());
  }
}

void Doctor::add(const std::string& what, Verdict verdict, std::string detail) {
  checks_.push_back({what, verdict, std::move(detail)});
}

void Doctor::machine() {
  const double gib =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 30);
  good("machine", cat(sysconf(_SC_NPROCESSORS_ONLN), " cores, ", std::llround(gib), " GiB of memory, CPU kernels ",
                      at::get_cpu_capability()));
  good("libraries", cat("cairn ", CAIRN_VERSION, ", LibTorch ", TORCH_VERSION, ", OpenCV ", CV_VERSION,
                        "; plugins must match: ", host_fingerprint()));
  good("devices", at::hasCUDA() ? "cpu, cuda" : "cpu (this LibTorch sees no CUDA device)");
}

void Doctor::test_data() {
  const char* folder = std::getenv("CAIRN_TEST_DATA");
  if (folder == nullptr || *folder == '\0') {
    good("test data", "CAIRN_TEST_DATA is not set; tests on large sets are skipped, nothing else needs it");
  } else if (std::filesystem::is_directory(folder)) {
    good("test data", folder);
  } else {
    add("test data", Verdict::Warning, cat("CAIRN_TEST_DATA names ", folder, ", which is no folder"));
  }
}

void Doctor::plugins() {
  attempt("plugins", [&] {
    const size_t count = session_.registry.open_all().size();
    for (const RefusedLibrary& refused : session_.registry.refused()) {
      add("plugin", Verdict::Warning, "refused " + refused.reason);
    }
    if (count == 0) fail(Code::NotFound, "none found beside the executable; the installation is incomplete");
    return cat(count, " libraries");
  });
}

std::optional<Pipeline> Doctor::pipeline(const PipelineOptions& options) {
  std::optional<Pipeline> pipeline;
  attempt("pipeline", [&] {
    pipeline = load_pipeline(load_request(session_, options)).pipeline;
    return options.path + " is good";
  });
  return pipeline;
}

void Doctor::training(const Pipeline& pipeline) {
  const std::filesystem::path folder = pipeline.run.directory / pipeline.run.name;
  const std::optional<Compute> compute = this->compute(pipeline);
  if (compute) exactness(pipeline, *compute);
  space("run folder", folder);
  const Compute on_cpu;  // what is looked at is not the device
  const StageContext context{pipeline, session_.registry, session_.log, on_cpu, folder};
  const std::optional<ClassNames> classes = data(context, Split::Train);
  data(context, Split::Val);
  if (classes) model(context, *classes);
  stores(pipeline);
}

std::optional<Compute> Doctor::compute(const Pipeline& pipeline) {
  std::optional<Compute> compute;
  attempt("compute", [&] {
    compute = resolve_compute(pipeline.run, pipeline.dataset.workers);
    return cat(compute->device.str(), " in ", name_of(compute->precision), ", ", compute->threads, " threads, ",
               compute->workers, " loader workers");
  });
  return compute;
}

void Doctor::exactness(const Pipeline& pipeline, const Compute& compute) {
  if (pipeline.run.determinism == Determinism::Fast) {
    add("exactness", Verdict::Warning,
        "run.determinism is \"fast\": kernels may add in any order, so a resumed run need not end with the same bits");
    return;
  }
  good("exactness",
       cat("deterministic kernels; the ", compute.threads, " threads", pipeline.run.threads == 0 ? " (auto)" : "",
           " are recorded in every snapshot, and a resume takes as many"));
}

void Doctor::space(const std::string& what, const std::filesystem::path& folder) {
  attempt(what, [&] {
    const std::filesystem::path there = existing(folder);
    if (!std::filesystem::is_directory(there)) {
      fail(Code::InvalidArgument, folder.string(), ": ", there.string(), " is a file");
    }
    if (access(there.c_str(), W_OK | X_OK) != 0) fail(Code::PermissionDenied, there.string(), " cannot be written");
    const auto free = std::filesystem::space(there).available;
    if (free < kScarceBytes) add(what, Verdict::Warning, cat(folder.string(), ": only ", free >> 20, " MiB free"));
    return cat(folder.string(), std::filesystem::exists(folder) ? "" : " (will be made)", ", ", free >> 30,
               " GiB free");
  });
}

std::optional<ClassNames> Doctor::data(const StageContext& context, Split split) {
  std::optional<ClassNames> classes;
  attempt(split == Split::Train ? "training set" : "validation set", [&] {
    const DataStage stage = make_data(context, split);
    classes = stage.dataset->classes();
    return cat(stage.dataset->size(), " pictures, ", classes->size(), " classes, ", stage.dataset->problems().size(),
               " remarks");
  });
  return classes;
}

void Doctor::model(const StageContext& context, const ClassNames& classes) {
  std::unique_ptr<Model> model;
  attempt("model", [&] {
    model = make_model(context, classes, {});
    int64_t count = 0;
    for (const at::Tensor& parameter : model->module().parameters()) count += parameter.numel();
    return cat(context.pipeline.model.type, ", ", count_text(count), " parameters");
  });
  const std::string& weights = context.pipeline.model.weights;
  if (!model || weights.empty()) return;
  attempt("weights", [&] {
    const OpenStores stores = open_stores(context.pipeline, session_.registry, session_.log, StoreCache::PassBy);
    const LoadReport report =
        load_weights(model->module(), read_weights(weights, stores, session_.log), LoadPolicy::Partial);
    if (report.taken.empty()) fail(Code::InvalidArgument, weights, ": nothing of it fits this model");
    return cat(weights, ": ", report.summary());
  });
}

void Doctor::stores(const Pipeline& pipeline) {
  attempt("stores", [&] {
    const OpenStores stores = open_stores(pipeline, session_.registry, session_.log, StoreCache::PassBy);
    for (const auto& backend : stores.backends) store(*backend);
    keys(stores);
    return cat(stores.backends.size(), stores.backends.size() == 1 ? " store" : " stores", " in the pipeline");
  });
}

// Of stores that are there; those that are not get theirs when they are made.
void Doctor::keys(const OpenStores& stores) {
  const bool named = stores.keys->wants_seal() || stores.keys->has_key();
  for (size_t i = 0; i < stores.backends.size(); ++i) {
    const std::string what = "keys of " + stores.backends[i]->describe();
    try {
      const auto store = stores.open(i);
      if (!store->sealed() && !named) continue;
      store->need_keys();
      good(what,
           store->sealed() ? cat(stores.keys->source().describe(), " opens it") : std::string("it is not sealed"));
    } catch (const Error& error) {
      if (error.code() != Code::NotFound) add(what, Verdict::Bad, error.message());
    }
  }
}

void Doctor::store(Backend& backend) {
  const std::string what = "store " + backend.describe();
  try {
    std::string works;
    for (const StoreProof& proof : prove_store(backend)) {
      if (!proof.good)
        add(what, proof.what == "delete" ? Verdict::Warning : Verdict::Bad, cat(proof.what, ": ", proof.detail));
      if (proof.good)
        works += cat(works.empty() ? "" : ", ", proof.what, proof.detail == "works" ? "" : " (" + proof.detail + ")");
    }
    if (!works.empty()) good(what, works);
  } catch (const std::exception& error) {
    add(what, Verdict::Bad, error.what());
  }
}

}  // namespace cairn
