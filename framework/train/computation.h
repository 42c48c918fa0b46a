// What computes: the stages of a pipeline, the counters over them, and what an iteration or an evaluation changes. No
// store, no folder and no monitor is known here, so that a replay in memory goes through the code that trained.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "checkpoint/checkpointer.h"
#include "config/load.h"
#include "train/beginning.h"
#include "train/iteration.h"
#include "train/run_tree.h"
#include "train/validation.h"

namespace cairn {

// [train thread] Its parts refer to each other: it stays where it was made.
struct Computation {
  // Sets threads and determinism of the whole process and makes the stages. Borrows all but the path.
  Computation(const LoadResult& config, const Compute& compute, Registry& registry, Logger& log,
              std::filesystem::path run_folder);
  Computation(const Computation&) = delete;
  Computation& operator=(const Computation&) = delete;

  // A new run: with the weights that the pipeline names, when it names some, and what the model asks for.
  void begin(const ReadWeights& read);
  void load(const Restored& from);  // to the snapshot's cut
  std::unique_ptr<Loader> loader_here() const;

  // Leaves the state at the cut behind the batch, which must be the next one.
  IterationReport iterate(const Batch& batch);
  // The evaluation that is due. Empty when `stop` said true in between; then it is still due.
  std::optional<EvaluationResult> evaluate(const std::function<void(double)>& progress,
                                           const std::function<bool()>& stop);
  bool finished() const;
  RunTree tree() { return {compute, stages, state, history, record}; }

  const Pipeline& pipeline;
  Logger& log;
  Compute compute;
  StageContext context;
  Stages stages;
  RunState state;
  History history;
  RunRecord record;
  Iteration iteration;
  Validation validation;
  int64_t last_iteration = 0;  // the run ends before it

 private:
  void refuse_other_epochs(const Restored& from) const;
  int64_t count_iterations() const;
  void judge(const EvaluationResult& result);
  bool evaluation_due(bool stepped) const;
};

// What a run of `pipeline` computes with. `record` is the snapshot's that it continues, or null: one thread and two do
// not add up to the same bits, so what the snapshot has wins over "auto".
Compute compute_for(const Pipeline& pipeline, const StateReader* record);

}  // namespace cairn
