// Throws while it is created.
#include <stdexcept>

#include <cairn/monitor.h>

namespace {
class Thrower final : public cairn::Monitor {
 public:
  explicit Thrower(const cairn::NoParams&) { throw std::runtime_error("the sensor is unplugged"); }
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.throws_in_create", "1.0.0", cairn::monitor<Thrower>("throws_in_create", "throws in create"))
