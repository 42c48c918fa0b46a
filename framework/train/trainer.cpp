#include "train/trainer.h"

#include "config/fingerprint.h"
#include "config/show.h"
#include "model/weights.h"
#include "plugin/crash.h"
#include "train/batches.h"
#include "train/loop.h"
#include "train/stores.h"

namespace cairn {
namespace {

constexpr const char* kCrashFile = "crashes.txt";

// The threads of a snapshot win over "auto": one thread and two do not add up to the same bits.
Compute compute_for(const Pipeline& pipeline, const std::optional<Restored>& from) {
  Compute compute = resolve_compute(pipeline.run, pipeline.dataset.workers);
  if (from && pipeline.run.threads == 0) {
    const std::string threads = from->record().text("environment/threads");
    compute.threads = std::max(1, std::atoi(threads.c_str()));
  }
  if (from && pipeline.run.precision == Precision::Auto) {
    const std::string precision = from->record().text("environment/precision");
    for (Precision known : {Precision::Fp32, Precision::Bf16, Precision::Fp16}) {
      if (name_of(known) == precision) compute.precision = known;
    }
  }
  return compute;
}

RunRecord make_record(const TrainRequest& request, const Compute& compute, const Stages& stages, Registry& registry) {
  RunRecord record;
  record.environment = describe_environment(compute, request.config.pipeline, registry);
  record.pipeline_toml = resolved_toml(request.config);
  record.numerics = numerics_values(request.config);
  record.train_fingerprint = stages.train.dataset->fingerprint();
  record.val_fingerprint = stages.val.dataset->fingerprint();
  return record;
}

void add_monitors(Monitors& monitors, const Pipeline& pipeline, Registry& registry, Logger& log,
                  const std::filesystem::path& folder, const Plan& plan) {
  std::vector<MonitorTable> tables = pipeline.monitors;
  for (const char* always : {"console", "journal"}) {
    const bool listed =
        std::any_of(tables.begin(), tables.end(), [&](const MonitorTable& t) { return t.type == always; });
    if (listed) continue;
    MonitorTable table;
    table.type = always;
    tables.push_back(table);
  }
  Context context;
  context.log = &log;
  context.run_directory = folder;
  context.plan = plan;
  for (const MonitorTable& table : tables)
    monitors.add(table.type, registry.create<Monitor>(table.type, table.params, context));
}

std::optional<Restored> find_snapshot(const TrainRequest& request, Checkpointer& checkpointer, Logger& log) {
  checkpointer.claim();  // first, so that nobody writes a newer one meanwhile
  if (!request.snapshot.empty()) return checkpointer.restore(request.snapshot);
  std::optional<Restored> newest = checkpointer.newest([&](std::string_view line) { log.warn(line); });
  const std::string& run = request.config.pipeline.run.name;
  if (newest && request.begin == Begin::Fresh) {
    fail(Code::FailedPrecondition, "run '", run, "' exists: its newest snapshot is at iteration ",
         newest->info().cut.iteration, ". Leave out --fresh to continue it, or choose another --run name");
  }
  if (!newest && request.begin == Begin::Continue)
    fail(Code::NotFound, "run '", run, "' has no snapshot in any of its stores");
  return newest;
}

void load_initial_weights(Model& model, const std::string& file, Logger& log) {
  const LoadReport report = load_weights(model.module(), read_tensors(real_files(), file), LoadPolicy::Partial);
  log.info(file, ": ", report.summary());
  for (const NotTaken& missing : report.missing) log.warn(missing.name, ": kept as initialised: ", missing.reason);
  if (report.taken.empty()) fail(Code::InvalidArgument, "model.weights ", file, ": nothing of it fits this model");
}

std::string where(const RunState& state) {
  return cat("epoch ", state.at.epoch + 1, " of ", state.at.plan.epochs, ", iteration ", state.at.iteration);
}

std::map<std::string, std::string> weights_about(const Pipeline& pipeline, const ClassNames& classes) {
  List names(classes.begin(), classes.end());
  return {{"format", "cairn"},
          {"model", pipeline.model.type},
          {"params", Value(pipeline.model.params).to_text()},
          {"classes", Value(names).to_text()},
          {"image_size", std::to_string(pipeline.dataset.image_size)}};
}

// A run that is under way: the objects that live as long as it does, in the order of their making.
class Run {
 public:
  Run(const TrainRequest& request, Registry& registry, Logger& log)
      : request_(request),
        pipeline_(request.config.pipeline),
        registry_(registry),
        log_(log),
        path_(pipeline_.run.directory / pipeline_.run.name),
        folder_(path_, real_files(), log),
        requests_(path_),
        stores_(open_stores(pipeline_, registry, log)),
        checkpointer_({pipeline_.run.name,
                       stores_.refs,
                       &log,
                       keep_policy(pipeline_.checkpoint.keep),
                       0,
                       {},
                       std::chrono::seconds(30)}),
        from_(find_snapshot(request, checkpointer_, log)),
        compute_(compute_for(pipeline_, from_)) {}

  TrainResult go() {
    refuse_crash_loop(path_ / kCrashFile);
    record_crashes_in(path_ / kCrashFile);
    apply_compute(compute_, pipeline_.run.determinism);
    stages_ = make_stages(context_);
    if (!from_ && !pipeline_.model.weights.empty()) load_initial_weights(*stages_.model, pipeline_.model.weights, log_);
    stages_.ema = make_ema(pipeline_.train, *stages_.model);
    state_.at.plan = stages_.plan;
    record_ = make_record(request_, compute_, stages_, registry_);
    add_monitors(monitors_, pipeline_, registry_, log_, path_, stages_.plan);
    from_ ? resume() : start();
    from_.reset();
    const auto loader = make_train_loader(context_, stages_);
    if (state_.at.epoch < stages_.plan.epochs) loader->seek(state_.at.epoch, state_.at.position);
    return end(loop(*loader));
  }

 private:
  RunTree tree() { return {compute_, stages_, state_, history_, record_}; }

  void start() {
    folder_.write_pipeline(record_.pipeline_toml);
    folder_.write_labels(*stages_.train.dataset);
    monitors_.event(Event::Type::Started, state_.at, cat("run '", pipeline_.run.name, "': ", describe()));
  }

  void resume() {
    RunRecord former;
    former.load(from_->record());
    check_differences(differences(former, record_), request_.allow, log_);
    refuse_other_epochs();
    tree().load(from_->state(), from_->record());
    folder_.write_pipeline(record_.pipeline_toml);
    monitors_.event(Event::Type::Resumed, state_.at,
                    cat("resumed run '", pipeline_.run.name, "' from snapshot ", from_->info().id.substr(0, 12), " in ",
                        from_->store(), ": ", where(state_), ", restored in ", std::llround(from_->seconds() * 1000),
                        " ms, digest ", from_->info().digest.substr(0, 16)));
  }

  // A length in iterations has no meaning left when an epoch has another number of them.
  void refuse_other_epochs() const {
    const int64_t was = from_->state().integer("progress/iterations_per_epoch"), is = stages_.plan.iterations_per_epoch;
    if (!pipeline_.run.iterations || was == is) return;
    fail(Code::FailedPrecondition, "an epoch of the snapshot has ", was, " iterations, now it has ", is,
         "; that can be continued with run.epochs, not with run.iterations");
  }

  std::string describe() const {
    return cat(pipeline_.model.type, ", ", stages_.plan.images, " training and ", stages_.val.source->size(),
               " validation pictures, ", stages_.plan.classes, " classes, ", compute_.device.str(), " ",
               name_of(compute_.precision), ", ", compute_.threads, " threads, seed ", pipeline_.run.seed);
  }

  Loop make_loop(Loader& loader) {
    return Loop({pipeline_, stages_, state_, loader, iteration_, validation_, saver_, recorder_, folder_, monitors_,
                 requests_, log_, last_iteration()});
  }

  Outcome loop(Loader& loader) {
    folder_.describe_weights(weights_about(pipeline_, stages_.train.dataset->classes()));
    Loop loop = make_loop(loader);
    const Outcome outcome = loop.run();
    stop_reason_ = loop.stop_reason();
    return outcome;
  }

  // Counted from here: epochs may have become longer or shorter since the run began.
  int64_t last_iteration() const {
    if (pipeline_.run.iterations) return *pipeline_.run.iterations;
    const Progress& at = state_.at;
    return at.iteration - at.position + (stages_.plan.epochs - at.epoch) * stages_.plan.iterations_per_epoch;
  }

  TrainResult end(Outcome outcome) {
    const bool interrupted = outcome == Outcome::Interrupted;
    const bool saved = saver_.save_last(interrupted ? stop_reason_ : "end");
    folder_.write_results(history_);
    const std::optional<SnapshotInfo> newest = saver_.newest();
    if (!saved) not_saved(newest);
    const TrainResult result{interrupted, newest->id, newest->digest, drain(interrupted)};
    monitors_.event(interrupted ? Event::Type::Interrupted : Event::Type::Finished, state_.at,
                    last_words(interrupted, result));
    return result;
  }

  std::vector<std::string> drain(bool interrupted) {
    const std::chrono::duration<double> budget(pipeline_.checkpoint.drain_seconds);
    checkpointer_.drain(interrupted ? std::optional(budget) : std::nullopt);
    for (const MirrorStatus& each : checkpointer_.mirrors()) {
      if (each.waiting == 0) continue;
      log_.warn("the mirror ", each.name, " lacks ", each.waiting, " snapshots", each.trouble.empty() ? "" : ": ",
                each.trouble, "; the next run with these stores sends them");
    }
    return checkpointer_.mirrors_behind();
  }

  [[noreturn]] void not_saved(const std::optional<SnapshotInfo>& newest) const {
    fail(Code::ResourceExhausted, "the state at ", where(state_), " could not be saved, as said above; ",
         newest ? cat("the newest snapshot is from iteration ", newest->cut.iteration) : "there is no snapshot",
         ". When there is room again, go on with: ", request_.command);
  }

  std::string last_words(bool interrupted, const TrainResult& result) const {
    if (interrupted) {
      return cat("stopped by ", stop_reason_, " at ", where(state_), "; saved as snapshot ",
                 result.snapshot.substr(0, 12), ". Go on with: ", request_.command);
    }
    return cat("finished at ", where(state_), ", best fitness ", state_.best_fitness, " at iteration ",
               state_.best_iteration, "; digest ", result.digest.substr(0, 16), "; results in ", path_.string());
  }

  const TrainRequest& request_;
  const Pipeline& pipeline_;
  Registry& registry_;
  Logger& log_;
  std::filesystem::path path_;
  RunFolder folder_;
  StopRequests requests_;
  OpenStores stores_;
  Checkpointer checkpointer_;
  std::optional<Restored> from_;
  Compute compute_;
  StageContext context_{pipeline_, registry_, log_, compute_, path_};
  Stages stages_;
  RunState state_;
  History history_;
  RunRecord record_;
  Monitors monitors_{log_};
  Recorder recorder_{monitors_, history_};
  Iteration iteration_{pipeline_.train, compute_, stages_, state_};
  Validation validation_{context_, stages_.val};
  Saver saver_{pipeline_.checkpoint, checkpointer_, tree(), monitors_, log_};
  std::string stop_reason_;
};

}  // namespace

TrainResult train(const TrainRequest& request, Registry& registry, Logger& log) {
  return Run(request, registry, log).go();
}

}  // namespace cairn
