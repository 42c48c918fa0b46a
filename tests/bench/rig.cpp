#include "bench/rig.h"
#include "support/files.h"

#include <cstdlib>

#include <cairn/log.h>

namespace cairn::bench {
namespace {

std::filesystem::path data_set() {
  const char* data = std::getenv("CAIRN_TEST_DATA");
  return data != nullptr ? std::filesystem::path(data) / "bccd/data.yaml"
                         : test::source_dir() / "examples/blood_cells/data.yaml";
}

}  // namespace

std::filesystem::path write_pipeline(const std::filesystem::path& folder, const RigOptions& options) {
  const std::filesystem::path file = folder / "bench.toml";
  test::write_text(file, cat("[run]\nname = \"bench\"\niterations = ", options.iterations,
                             "\nthreads = 2\ndevice = \"cpu\"\nprecision = \"", options.precision, "\"\ndirectory = \"",
                             folder.string(), "\"\n[dataset]\ntype = \"yolo\"\npath = \"", data_set().string(),
                             "\"\nimage_size = ", kSide, "\nbatch_size = ", kBatch, "\ncache = \"ram\"\n[model]\n",
                             options.model, "\n[scheduler]\ntype = \"", options.scheduler,
                             "\"\n[train]\nnominal_batch = ", kBatch, "\n", options.more));
  return file;
}

LoadResult Rig::load(const RigOptions& options) {
  registry_.add_folder(test::plugin_dir());
  LoadRequest request;
  request.path = write_pipeline(folder_.path(), options);
  request.find_factory = [this](Kind kind, std::string_view type) { return registry_.find(kind, type); };
  return load_pipeline(request);
}

Rig::Rig(const RigOptions& options)
    : config_(load(options)),
      compute_(resolve_compute(pipeline().run, pipeline().dataset.workers)),
      context_{pipeline(), registry_, null_logger(), compute_, run_folder()} {
  std::filesystem::create_directories(run_folder());
  apply_compute(compute_, pipeline().run.determinism);
  stages_ = make_stages(context_);
  stages_.ema = make_ema(pipeline().train, *stages_.model);
}

void Rig::fill_cache() const {
  for (int64_t i = 0; i < stages_.train.source->size(); ++i) stages_.train.source->load(i);
}

}  // namespace cairn::bench
