// cairn-golden FILE...: builds the model that each golden file is about and compares it with the file.
#include <fstream>
#include <iostream>

#include "golden/checks.h"
#include "support/files.h"

namespace cairn::golden {

void check_file(Registry& registry, const std::string& path, Report& report) {
  try {
    std::ifstream in(path);
    if (!in) fail(Code::NotFound, "cannot read ", path);
    const nlohmann::json file = nlohmann::json::parse(in);
    if (file.contains("cases")) return check_loss_cases(registry, file, report);
    Subject subject(registry, file);
    check_structure(subject, file, report);
    check_evaluation(subject, file, report);
    check_training(subject, file, "train", report);
    if (file.contains("train_atss")) {
      Subject warming(registry, file, "train_atss");
      check_training(warming, file, "train_atss", report);
    }
  } catch (const std::exception& error) {
    report.check(path, error.what());
  }
}

}  // namespace cairn::golden

int main(int count, char** arguments) {
  if (count < 2) {
    std::cerr << "usage: cairn-golden FILE...\n";
    return 2;
  }
  cairn::Registry registry;
  registry.add_folder(cairn::test::plugin_dir());
  cairn::golden::Report report;
  for (int i = 1; i < count; ++i) {
    std::cout << arguments[i] << "\n";
    cairn::golden::check_file(registry, arguments[i], report);
  }
  report.finish();
  return report.failed() == 0 ? 0 : 1;
}
