#include "train/replay.h"

#include <algorithm>

#include "base/seconds_since.h"
#include "checkpoint/restore.h"
#include "config/fingerprint.h"

namespace cairn {
namespace {

// Only what the snapshot says: what the pipeline asks for now is not what was.
Compute recorded_compute(Pipeline pipeline, const Restored& written) {
  pipeline.run.threads = 0;
  pipeline.run.precision = Precision::Auto;
  pipeline.run.device = written.record().text("environment/device");
  return compute_for(pipeline, &written.record());
}

RunRecord record_of(const Restored& written) {
  RunRecord record;
  record.load(written.record());
  return record;
}

std::string what_of(const MetricRow& row) {
  switch (row.type) {
    case MetricRow::Type::Iteration:
      return cat("iteration ", row.at.iteration);
    case MetricRow::Type::Epoch:
      return cat("means of epoch ", row.at.epoch + 1);
    case MetricRow::Type::Evaluation:
      return cat("evaluation after iteration ", row.at.iteration);
  }
  return "?";
}

// The first snapshot of the line that lies behind the moment.
std::optional<SnapshotInfo> next_on(const std::vector<SnapshotInfo>& line, const Moment& moment) {
  for (const SnapshotInfo& info : line) {
    if (info.cut.iteration > moment.iteration) return info;
  }
  return std::nullopt;
}

// Behind the newest snapshot only the journal tells how far the run came.
void refuse_what_never_ran(const SnapshotInfo& newest, const Moment& to, const KnownRows& rows) {
  const int64_t reached = std::max(newest.cut.iteration, rows.iterations());
  if (to.iteration <= reached) return;
  fail(Code::NotFound, "run '", newest.run, "' has come to iteration ", reached, ", and not to ", to.iteration,
       "; `cairn resume ", newest.run, "` trains on");
}

MemoryCut cut_of(Replay& replay) {
  return MemoryCut(
      [&](StateWriter& state_part, StateWriter& record_part) { replay.tree().save(state_part, record_part); });
}

}  // namespace

std::string to_text(const Moment& moment) {
  return cat(moment.iteration, moment.side == Moment::Side::BeforeEvaluation ? "-" : "");
}

bool is_at(const SnapshotInfo& info, const Moment& moment) {
  if (info.cut.iteration != moment.iteration) return false;
  return moment.side == Moment::Side::AfterEvaluation ? !info.cut.evaluation_due : info.cut.metrics.empty();
}

Moment moment_of(const SnapshotInfo& info) {
  return {info.cut.iteration, info.cut.evaluation_due ? Moment::Side::BeforeEvaluation : Moment::Side::AfterEvaluation};
}

std::optional<Moment> moment_of(const SnapshotName& name) {
  if (!name.iteration) return std::nullopt;
  return Moment{*name.iteration,
                name.before_evaluation ? Moment::Side::BeforeEvaluation : Moment::Side::AfterEvaluation};
}

LoadResult pipeline_of_snapshot(const Restored& written, LoadRequest how, const LoadResult* now) {
  if (now != nullptr && numerics_values(*now) == record_of(written).numerics) return *now;
  how.text = written.record().text("pipeline");
  how.path = cat("pipeline of snapshot ", short_id(written.info().id));
  how.sets.clear();
  how.site.clear();
  how.environment = [](const std::string&) { return std::nullopt; };  // it is resolved: nothing is laid over it
  return load_pipeline(how);
}

class Replay::RowCheck final : public Monitor {
 public:
  explicit RowCheck(KnownRows rows) : rows_(std::move(rows)) {}
  void on_metrics(const MetricRow& row) override {
    if (difference_ || !rows_.knows(row)) return;
    if (const auto found = rows_.difference(row)) {
      difference_ = cat(what_of(row), ": ", *found);
    } else {
      ++checked_;
    }
  }
  void on_event(const Event&) override {}
  const std::optional<std::string>& difference() const { return difference_; }
  int64_t checked() const { return checked_; }

 private:
  KnownRows rows_;
  std::optional<std::string> difference_;
  int64_t checked_ = 0;
};

Replay::Replay(const LoadResult& config, const Restored& from, const Restored& written, Registry& registry, Logger& log,
               const std::filesystem::path& run_folder, KnownRows rows)
    : computation_(config, recorded_compute(config.pipeline, written), registry, log, run_folder),
      history_(computation_.history),
      monitors_(log),
      recorder_(monitors_, history_),
      log_(log) {
  auto check = std::make_unique<RowCheck>(std::move(rows));
  check_ = check.get();
  monitors_.add("journal check", std::move(check));
  for (const auto& other : differences(record_of(written), computation_.record)) {
    log.warn("the replay may not be exact: ", other.what, ": the snapshot has ", other.was, ", now it is ", other.is);
  }
  computation_.load(from);
  loader_ = computation_.loader_here();
}

Replay::~Replay() = default;

void Replay::evaluate() {
  const auto begin = std::chrono::steady_clock::now();
  computation_.evaluate([](double) {}, [] { return false; });
  recorder_.evaluation(computation_.state, seconds_since(begin));
}

void Replay::advance() {
  RunState& state = computation_.state;
  if (state.evaluation_due) return evaluate();
  if (computation_.finished()) {
    fail(Code::FailedPrecondition, "the run ends at iteration ", state.at.iteration, "; there is nothing behind it");
  }
  if (state.epoch_done()) state.begin_epoch();
  const auto begin = std::chrono::steady_clock::now();
  const Batch batch = loader_->next();
  const IterationReport report = computation_.iterate(batch);
  if (!report.finite && computation_.pipeline.train.nonfinite != NonFinite::Skip) {
    fail(Code::FailedPrecondition, "iteration ", state.at.iteration - 1, ": the loss is not finite");
  }
  const double seconds = seconds_since(begin);
  recorder_.iteration(report, computation_.stages.groups, state, batch.images_BCHW.size(0), seconds);
  if (state.epoch_done()) recorder_.epoch(state, report, computation_.stages.groups);
  computation_.record.seconds += seconds;
}

bool Replay::is_at(const Moment& moment) const {
  const RunState& state = computation_.state;
  if (state.at.iteration != moment.iteration) return false;
  return moment.side == Moment::Side::BeforeEvaluation || !state.evaluation_due;
}

void Replay::to(const Moment& moment) {
  while (!is_at(moment)) {
    if (computation_.state.at.iteration > moment.iteration) {
      fail(Code::Internal, "a replay to ", to_text(moment), " begins at iteration ", computation_.state.at.iteration);
    }
    advance();
    if (!difference()) continue;
    fail(Code::DataLoss, "the replay is not what the run did: ", *difference(),
         ". `cairn verify-resume` says from where on; other libraries, plugins or data may be the cause");
  }
}

const RunState& Replay::state() const {
  return computation_.state;
}

int64_t Replay::rows_checked() const {
  return check_->checked();
}

const std::optional<std::string>& Replay::difference() const {
  return check_->difference();
}

RunTree Replay::tree() {
  return computation_.tree();
}

CutInfo Replay::cut(std::string reason) const {
  const RunState& state = computation_.state;
  return {state.at.epoch,
          state.at.position,
          state.at.iteration,
          state.at.step,
          state.evaluation_due,
          std::move(reason),
          {}};
}

Restored Replayed::restored(const Restored& from) const {
  return tree.as_restored(from.info(), cut, cat("a replay of ", from.store()), seconds);
}

Replayed replay(const Restored& from, const Moment& to, const ReplaySource& source) {
  const auto begin = std::chrono::steady_clock::now();
  Logger& log = source.log;
  Store store(source.backend, OpenStore::MustExist, {}, source.keys);
  const auto line = line_of(read_infos(store, from.info().run, [](std::string_view) {}));
  const auto next = next_on(line, to);
  std::optional<Restored> behind;
  if (next) behind.emplace(restore_record(store, manifest_of(store, *next)));
  const Restored& written = behind ? *behind : from;
  const LoadResult config = pipeline_of_snapshot(written, source.how, source.now);
  KnownRows rows =
      known_rows(store, line, source.run_folder, from.info().cut.iteration, next ? next->cut.iteration : to.iteration);
  if (!next) refuse_what_never_ran(from.info(), to, rows);
  log.info("there is no snapshot at ", from.info().run, "@", to_text(to), "; it is replayed from iteration ",
           from.info().cut.iteration);
  Replay replay(config, from, written, source.registry, log, source.run_folder, std::move(rows));
  replay.to(to);
  Replayed there{cut_of(replay), replay.cut(from.info().cut.reason), seconds_since(begin)};
  log.info("replayed from iteration ", from.info().cut.iteration, " to ", to_text(to), " in ",
           std::llround(there.seconds * 1000), " ms; ", replay.rows_checked(), " rows equal the journal's");
  if (!next) return there;
  replay.to(moment_of(*next));
  const std::string digest = cut_of(replay).digest();
  if (digest != next->digest) {
    fail(Code::DataLoss, "the replay does not lead to the next snapshot ", short_id(next->id), " at iteration ",
         next->cut.iteration, ": its digest is ", short_digest(next->digest), ", the replay has ",
         short_digest(digest));
  }
  log.info("the next snapshot, at iteration ", next->cut.iteration, ", has the digest of the replay");
  return there;
}

}  // namespace cairn
