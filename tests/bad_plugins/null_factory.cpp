// Its create function returns nothing.
#include <cairn/plugin.h>

namespace {
cairn::FactoryDescriptor nothing() {
  cairn::FactoryDescriptor factory;
  factory.kind = cairn::Kind::Monitor;
  factory.type = "null_factory";
  factory.help = "returns nothing";
  factory.create = [](const cairn::Table&, const cairn::Context&) { return std::unique_ptr<cairn::Plugin>(); };
  return factory;
}
}  // namespace

CAIRN_PLUGIN("bad.null_factory", "1.0.0", nothing())
