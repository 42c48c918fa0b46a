// Throws something that is no exception class.
#include <cairn/monitor.h>

namespace {
class Thrower final : public cairn::Monitor {
 public:
  explicit Thrower(const cairn::NoParams&) { throw 42; }
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.throws_int", "1.0.0", cairn::monitor<Thrower>("throws_int", "throws a number in create"))
