// Works, but keeps none of its promises: forgets its state, rolls global dice, refuses what it declares.
#include <cstdlib>

#include <cairn/scheduler.h>

namespace {
struct Params {
  int64_t patience = 3;
};
class Sloppy final : public cairn::Scheduler {
 public:
  explicit Sloppy(const Params& params) {
    std::srand(1);
    if (params.patience == 10) throw 42;
  }
  cairn::Rates rates(const cairn::Progress&, cairn::GroupKind) const override { return {0.1 / (1 + seen_), 0.9, 0}; }
  int64_t accumulation(const cairn::Progress&) const override { return 1; }
  void observe(const cairn::Metrics&) override { ++seen_; }

 private:
  double seen_ = 0;
};
}  // namespace

CAIRN_PLUGIN("bad.sloppy_scheduler", "1.0.0",
             cairn::scheduler<Sloppy, Params>("sloppy", "forgets what it observed")
                 .param("patience", &Params::patience, cairn::range(0, 10), ""))
