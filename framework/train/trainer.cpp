#include "train/trainer.h"

#include <torch/nn/module.h>

#include "checkpoint/pipeline/branch.h"
#include "config/show.h"
#include "model/weights.h"
#include "plugin/crash.h"
#include "store/find_snapshot.h"
#include "train/any_iteration.h"
#include "train/computation.h"
#include "train/loop.h"
#include "train/snapshot_weights.h"
#include "train/stores.h"

namespace cairn {
namespace {

constexpr const char* kCrashFile = "crashes.txt";
constexpr const char* kSeenFile = "seen.json";

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

bool weights_finite(const Restored& from) {
  for (const std::string& name : from.state().names("model")) {
    const at::Tensor tensor = from.state().tensor("model/" + name);
    if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) return false;
  }
  return true;
}

std::string where(const RunState& state) {
  return cat("epoch ", state.at.epoch + 1, " of ", state.at.plan.epochs, ", iteration ", state.at.iteration);
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
                       std::chrono::seconds(30),
                       stores_.keys,
                       path_ / kSeenFile,
                       request.allow.contains("rollback")}) {}

  TrainResult go() {
    try {
      set_up();
    } catch (const Error& error) {
      if (error.code() != Code::Cancelled || !requests_.stop_wanted()) throw;
      return stopped_in_set_up();
    }
    Outcome outcome = loop();
    while (outcome == Outcome::NotFinite) {
      roll_back();
      outcome = loop();
    }
    return end(outcome);
  }

 private:
  void set_up() {
    const std::optional<Restored> from = find_snapshot();
    refuse_crash_loop(path_ / kCrashFile);
    record_crashes_in(path_ / kCrashFile);
    make(from);
    add_monitors(monitors_, pipeline_, registry_, log_, path_, computation_->stages.plan);
    from ? resume(*from) : start();
  }

  TrainResult stopped_in_set_up() const {
    log_.warn("stopped by ", requests_.reason(), " before training went on; nothing has changed. ", go_on());
    return {true, "", "", {}};
  }

  std::optional<Restored> find_snapshot() {
    checkpointer_.claim();  // first, so that nobody writes a newer one meanwhile
    if (!request_.snapshot.empty()) return find_named();
    std::optional<Restored> newest = checkpointer_.newest([&](std::string_view line) { log_.warn(line); });
    const std::string& run = pipeline_.run.name;
    if (newest && request_.begin == Begin::Fresh) {
      fail(Code::FailedPrecondition, "run '", run, "' exists: its newest snapshot is at iteration ",
           newest->info().cut.iteration, ". Leave out --fresh to continue it, or choose another --run name");
    }
    if (!newest && request_.begin == Begin::Continue)
      fail(Code::NotFound, "run '", run, "' has no snapshot in any of its stores");
    return newest;
  }

  Restored find_named() {
    Restored found = checkpointer_.restore(request_.snapshot);
    if (!request_.snapshot.starts_with("@")) return found;
    return restored_at(
        std::move(found), parse_snapshot_name(pipeline_.run.name + request_.snapshot),
        {*stores_.backends.front(), registry_, log_, request_.how, path_, &request_.config, stores_.keys});
  }

  void make(const std::optional<Restored>& from) {
    saver_.reset();
    computation_.reset();
    const Compute compute = compute_for(pipeline_, from ? &from->record() : nullptr);
    computation_ = std::make_unique<Computation>(request_.config, compute, registry_, log_, path_);
    saver_.emplace(pipeline_.checkpoint, checkpointer_, computation_->tree(), monitors_, log_);
  }

  void begin() {
    computation_->begin([this](const std::string& source) { return read_weights(source, stores_, log_); });
  }

  void start() {
    begin();
    folder_.write_pipeline(computation_->record.pipeline_toml);
    folder_.write_labels(*computation_->stages.train.dataset);
    announce(Event::Type::Started, cat("new run '", pipeline_.run.name, "' in ", path_.string(), ": ", describe()));
  }

  void resume(const Restored& from) {
    RunRecord former;
    former.load(from.record());
    check_differences(differences(former, computation_->record), allowed(from), log_);
    computation_->load(from);
    folder_.write_pipeline(computation_->record.pipeline_toml);
    announce(Event::Type::Resumed,
             cat("resumed run '", pipeline_.run.name, "' from snapshot ", short_id(from.info().id), " in ",
                 from.store(), ": ", where(state()), ", restored in ", std::llround(from.seconds() * 1000),
                 " ms, digest ", short_digest(from.info().digest)));
  }

  // What a branch changes was asked for when it was made.
  std::set<std::string> allowed(const Restored& from) const {
    std::set<std::string> allow = request_.allow;
    if (from.info().cut.reason == kBranchReason) allow.insert({"pipeline", "dataset", "plugins"});
    return allow;
  }

  // To a good snapshot, with lower rates. The snapshot that is taken at once keeps them.
  void roll_back() {
    const RunState failed = state();
    const int64_t iteration = failed.at.iteration - 1;
    const std::optional<Restored> from = good_snapshot(failed, iteration);
    make(from);
    from ? computation_->load(*from) : begin();
    state().rollbacks = failed.rollbacks + 1;
    state().rate_factor = failed.rate_factor * pipeline_.train.rollback_lr;
    state().failed_at = std::max(failed.failed_at, iteration);
    state().went_back_to = state().at.iteration;
    const std::string text =
        cat("iteration ", iteration, ": the loss is not finite; rollback ", state().rollbacks, " of ",
            pipeline_.train.max_rollbacks, " to ", from ? "snapshot " + short_id(from->info().id) : "the beginning",
            ", ", where(state()), "; learning rates are multiplied by ", state().rate_factor, " from here on");
    announce(Event::Type::Resumed, text);
    saver_->save("rollback", Wait::Yes);
  }

  // The newest whose weights are finite; after a failure that the last rollback did not get past, an older one than it
  // took. Empty: there is none, and the run begins anew.
  std::optional<Restored> good_snapshot(const RunState& failed, int64_t iteration) {
    const int64_t before = iteration <= failed.failed_at ? failed.went_back_to : iteration + 1;
    checkpointer_.flush();
    std::optional<Restored> from = checkpointer_.newest(
        [&](std::string_view line) { log_.warn(line); },
        [&](const Restored& each) { return each.info().cut.iteration < before && weights_finite(each); });
    if (!from) checkpointer_.continue_from({});
    return from;
  }

  std::string describe() const {
    const Computation& run = *computation_;
    return cat(pipeline_.model.type, ", ", run.stages.plan.images, " training and ", run.stages.val.source->size(),
               " validation pictures, ", run.stages.plan.classes, " classes, ", run.compute.device.str(), " ",
               name_of(run.compute.precision), ", ", run.compute.threads, " threads, seed ", pipeline_.run.seed);
  }

  Outcome loop() {
    Recorder recorder(monitors_, computation_->history, [this](MetricRow::Type type) { return figures(type); });
    const auto loader = computation_->loader_here();
    folder_.describe_weights(network_about(pipeline_.model.type, pipeline_.model.params,
                                           computation_->stages.train.dataset->classes(),
                                           pipeline_.dataset.image_size));
    Loop loop({*computation_, *loader, *saver_, recorder, folder_, monitors_, requests_, log_, started_});
    try {
      const Outcome outcome = loop.run();
      stop_reason_ = loop.stop_reason();
      return outcome;
    } catch (...) {
      rescue(loop.at_a_cut());
      throw;
    }
  }

  // Iterations are many: their rows have only what changes from one to the next.
  std::vector<std::pair<std::string, double>> figures(MetricRow::Type type) const {
    auto all = mirror_figures(checkpointer_.mirrors());
    if (type == MetricRow::Type::Iteration) return all;
    for (auto& figure : traffic_figures(stores_)) all.push_back(std::move(figure));
    return all;
  }

  // An error ends the run: what there is to save is saved, and where to go on is said before the error itself is.
  void rescue(bool at_a_cut) {
    try {
      if (at_a_cut) saver_->save_last("error");
      checkpointer_.flush();
      const std::optional<SnapshotInfo> newest = saver_->newest();
      log_.warn("an error ends the run in ", where(state()), "; ",
                newest ? cat("iteration ", newest->cut.iteration, " is saved as snapshot ", short_id(newest->id))
                       : std::string("nothing is saved"),
                ". When its cause is gone: ", go_on());
    } catch (const std::exception& error) {
      log_.warn("the state at ", where(state()), " could not be saved: ", error.what());
    }
  }

  TrainResult end(Outcome outcome) {
    const bool interrupted = outcome == Outcome::Interrupted;
    const bool saved = saver_->save_last(interrupted ? stop_reason_ : "end");
    folder_.write_results(computation_->history);
    const std::optional<SnapshotInfo> newest = saver_->newest();
    if (!saved) not_saved(newest);
    const TrainResult result{interrupted, newest->id, newest->digest, drain(interrupted)};
    announce(interrupted ? Event::Type::Interrupted : Event::Type::Finished, last_words(interrupted, result));
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
    fail(Code::ResourceExhausted, "the state at ", where(state()), " could not be saved, as said above; ",
         newest ? cat("the newest snapshot is from iteration ", newest->cut.iteration) : "there is no snapshot",
         ". When there is room again: ", go_on());
  }

  std::string last_words(bool interrupted, const TrainResult& result) const {
    if (interrupted) {
      return cat("stopped by ", stop_reason_, " at ", where(state()), "; saved as snapshot ", short_id(result.snapshot),
                 ". ", go_on());
    }
    return cat("finished at ", where(state()), ", best fitness ", state().best_fitness, " at iteration ",
               state().best_iteration, "; digest ", short_digest(result.digest), "; results in ", path_.string());
  }

  // What a run writes is relative to the folder in which it was started.
  std::string go_on() const {
    return cat("Go on in ", std::filesystem::current_path().string(), " with: ", request_.command);
  }

  // To whoever watches, and to the log, which outlives the terminal.
  void announce(Event::Type type, const std::string& text) {
    log_.debug(text);
    monitors_.event(type, state().at, text);
  }

  RunState& state() const { return computation_->state; }

  const TrainRequest& request_;
  const Pipeline& pipeline_;
  Registry& registry_;
  Logger& log_;
  std::filesystem::path path_;
  RunFolder folder_;
  StopRequests requests_;
  OpenStores stores_;
  Checkpointer checkpointer_;
  Monitors monitors_{log_};
  std::unique_ptr<Computation> computation_;
  std::optional<Saver> saver_;
  std::string stop_reason_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace

TrainResult train(const TrainRequest& request, Registry& registry, Logger& log) {
  return Run(request, registry, log).go();
}

}  // namespace cairn
