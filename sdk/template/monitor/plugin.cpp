// Writes a short report for people after every evaluation: report.txt in the run's folder.
#include <fstream>

#include <cairn/evaluation.h>
#include <cairn/monitor.h>

namespace {

struct Params {
  bool classes = true;
};

class @Name@ final : public cairn::Monitor, public cairn::EvaluationHook {
 public:
  @Name@(const Params& params, const cairn::Context& context)
      : params_(params), out_(context.run_directory / "report.txt", std::ios::app) {}

  void on_metrics(const cairn::MetricRow& row) override {
    if (row.type != cairn::MetricRow::Type::Evaluation) return;
    out_ << "epoch " << row.at.epoch + 1 << ", iteration " << row.at.iteration << ":";
    for (const auto& [name, value] : row.exact) out_ << " " << name << "=" << value;
    out_ << std::endl;
  }

  void on_event(const cairn::Event& event) override {
    if (!event.text.empty()) out_ << event.text << std::endl;
  }

  // An optional ability: the host asks for it by its id.
  void* extension(std::string_view id) override {
    return id == cairn::kEvaluationExtension ? static_cast<cairn::EvaluationHook*>(this) : nullptr;
  }
  void on_evaluated(const cairn::Progress&, std::span<const cairn::ClassFigures> classes) override {
    if (!params_.classes) return;
    for (const cairn::ClassFigures& c : classes)
      out_ << "  " << c.name << ": " << c.targets << " objects, AP50 " << c.ap50 << ", recall " << c.recall << "\n";
  }

 private:
  Params params_;
  std::ofstream out_;
};

}  // namespace

CAIRN_PLUGIN("example.@name@", "1.0.0",
             cairn::monitor<@Name@, Params>("@name@", "a short report after every evaluation")
                 .param("classes", &Params::classes, "a line for every class"))
