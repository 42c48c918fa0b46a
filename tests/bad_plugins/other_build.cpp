#include <cairn/monitor.h>

namespace {
class Quiet final : public cairn::Monitor {
 public:
  explicit Quiet(const cairn::NoParams&) {}
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

// Would be good, if its marker were this build's.
CAIRN_PLUGIN("bad.other_build", "1.0.0", cairn::monitor<Quiet>("other_build", "of another build"))
