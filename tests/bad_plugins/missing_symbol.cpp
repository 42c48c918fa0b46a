// Calls a function that no library has; found when it is loaded.
#include <cairn/monitor.h>

void a_function_that_nobody_wrote();

namespace {
class Caller final : public cairn::Monitor {
 public:
  explicit Caller(const cairn::NoParams&) { a_function_that_nobody_wrote(); }
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.missing_symbol", "1.0.0", cairn::monitor<Caller>("missing_symbol", "lacks a symbol"))
