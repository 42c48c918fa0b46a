#include <cairn/monitor.h>

namespace {
class Quiet final : public cairn::Monitor {
 public:
  explicit Quiet(const cairn::NoParams&) {}
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.twin_a", "1.0.0", cairn::monitor<Quiet>("twin", "one of two of the same type"))
