// Never comes back from create.
#include <unistd.h>

#include <cairn/monitor.h>

namespace {
class Sleeper final : public cairn::Monitor {
 public:
  explicit Sleeper(const cairn::NoParams&) {
    while (true) pause();
  }
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.hangs_in_create", "1.0.0", cairn::monitor<Sleeper>("hangs_in_create", "hangs in create"))
