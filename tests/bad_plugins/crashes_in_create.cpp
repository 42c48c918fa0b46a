// Writes to nowhere while it is created.
#include <csignal>

#include <cairn/monitor.h>

namespace {
class Crasher final : public cairn::Monitor {
 public:
  explicit Crasher(const cairn::NoParams&) { raise(SIGSEGV); }
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.crashes_in_create", "1.0.0", cairn::monitor<Crasher>("crashes_in_create", "crashes in create"))
