#include <cairn/monitor.h>

namespace {
class Quiet final : public cairn::Monitor {
 public:
  explicit Quiet(const cairn::NoParams&) {}
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.twin_b", "1.0.0", cairn::monitor<Quiet>("twin", "the other of the two"))
