// Needs a parameter that has no useful default.
#include <cairn/monitor.h>

namespace {
struct Params {
  std::string address;
};
class Sender final : public cairn::Monitor {
 public:
  explicit Sender(const Params& params) {
    if (params.address.empty())
      cairn::fail(cairn::Code::InvalidArgument,
                  "address: expected where to send to, found nothing; set it in [[monitor]]");
  }
  void on_metrics(const cairn::MetricRow&) override {}
  void on_event(const cairn::Event&) override {}
};
}  // namespace

CAIRN_PLUGIN("bad.missing_parameter", "1.0.0",
             cairn::monitor<Sender, Params>("missing_parameter", "needs an address")
                 .param("address", &Params::address, "where to send to"))
