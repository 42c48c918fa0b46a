#include "check.h"
#include "plugin/call.h"

namespace cairn::conformance {

Specimen::Specimen(const Library& library, const FactoryDescriptor& factory, Table params, std::filesystem::path data)
    : library_(library), factory_(factory), params_(std::move(params)), data_(std::move(data)) {}

Context Specimen::context() const {
  Context context;
  context.base_directory = std::filesystem::current_path();
  context.run_directory = std::filesystem::current_path() / "run";
  std::filesystem::create_directories(context.run_directory);
  context.seed = 1;
  context.classes = {"circle", "square", "triangle"};
  context.image_size = 64;
  context.plan.epochs = 10;
  context.plan.iterations_per_epoch = 7;
  context.plan.batch_size = 2;
  context.plan.nominal_batch = 2;
  context.plan.images = 14;
  context.plan.classes = 3;
  context.base_rates = {0.01, 0.9, 0.0005};
  return context;
}

std::unique_ptr<Plugin> Specimen::create(const Table& params, const Context& context) const {
  auto made = call_plugin(factory_.type, "create", [&] { return factory_.create(params, context); });
  expect(made != nullptr, "its create function returned nothing");
  return made;
}

}  // namespace cairn::conformance
