// What a person sees while a run goes on, on stderr.
#include <chrono>
#include <cmath>

#include <cairn/monitor.h>

#include "console/columns.h"
#include "console/terminal.h"

namespace cairn::monitors {
namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr int kBarCells = 20;
constexpr int kEpochsPerHeader = 25;
constexpr double kSpeedShare = 0.1;  // of the newest iteration in the smoothed speed

struct ConsoleParams {
  std::string bar = "auto";
  std::string color = "auto";
};

class Console final : public Monitor {
 public:
  explicit Console(const ConsoleParams& params) : terminal_(switch_of(params.bar), switch_of(params.color)) {}

  void on_metrics(const MetricRow& row) override;
  void on_event(const Event& event) override;

 private:
  void iteration(const MetricRow& row);
  void epoch(const MetricRow& row);
  void draw_bar(const std::string& text, double done, const std::string& after);
  void header_if_due();
  double seconds_left(const Progress& at) const;
  bool redraw_is_due();

  Terminal terminal_;
  Table table_;
  MetricRow latest_;  // newest iteration
  double images_per_second_ = 0;
  int epochs_under_header_ = 0;
  bool header_shown_ = false;
  std::chrono::steady_clock::time_point drawn_{};
};

void Console::on_metrics(const MetricRow& row) {
  if (row.type == MetricRow::Type::Iteration) iteration(row);
  if (row.type == MetricRow::Type::Epoch) epoch(row);
  if (row.type == MetricRow::Type::Evaluation) {
    terminal_.line(epoch_text(row.at) + terminal_.styled(evaluation_text(row), Style::Green));
  }
}

void Console::iteration(const MetricRow& row) {
  latest_ = row;
  if (!table_.started()) table_.start(row);
  const double* speed = find_column(row.measured, "images_per_second");
  if (speed && std::isfinite(*speed) && *speed > 0) {
    images_per_second_ =
        images_per_second_ > 0 ? (1 - kSpeedShare) * images_per_second_ + kSpeedShare * *speed : *speed;
  }
  if (!terminal_.has_bar() || !redraw_is_due()) return;
  header_if_due();
  const int64_t all = row.at.plan.iterations_per_epoch, now = row.at.position + 1;
  const double done = all > 0 ? static_cast<double>(now) / static_cast<double>(all) : 0;
  draw_bar(table_.line(row, row, seconds_left(row.at)), done, cat(now, '/', all));
}

void Console::epoch(const MetricRow& row) {
  if (!table_.started()) table_.start(row);
  header_if_due();
  MetricRow latest = latest_;
  for (auto& [name, value] : latest.measured) {
    if (name == "images_per_second") value = images_per_second_;
  }
  terminal_.line(table_.line(row, latest, seconds_left(row.at)));
  ++epochs_under_header_;
}

void Console::header_if_due() {
  if (header_shown_ && epochs_under_header_ < kEpochsPerHeader) return;
  terminal_.line(terminal_.styled(table_.header(), Style::Bold));
  header_shown_ = true;
  epochs_under_header_ = 0;
}

// Never wider than the terminal: a wrapped line could not be drawn over.
void Console::draw_bar(const std::string& text, double done, const std::string& after) {
  const int columns = terminal_.columns() - 1;
  const int cells = std::min(kBarCells, columns - static_cast<int>(text.size() + after.size()) - 3);
  if (cells < 5) {
    terminal_.bar(text.substr(0, std::max(columns, 0)));
  } else {
    terminal_.bar(text + "  " + terminal_.styled(bar_text(done, cells, terminal_.unicode()), Style::Green) + ' ' +
                  after);
  }
}

double Console::seconds_left(const Progress& at) const {
  const auto images = static_cast<double>((at.plan.iterations() - at.iteration - 1) * at.plan.batch_size);
  return images_per_second_ > 0 ? std::max(images, 0.0) / images_per_second_ : NAN;
}

bool Console::redraw_is_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kRedraw) return false;
  drawn_ = now;
  return true;
}

void Console::on_event(const Event& event) {
  switch (event.type) {
    case Event::Type::Evaluating:
      if (terminal_.has_bar() && (event.fraction >= 1 || redraw_is_due())) {
        draw_bar(" evaluating", event.fraction, cat(std::lround(event.fraction * 100), "%"));
      }
      break;
    case Event::Type::Started:
    case Event::Type::Resumed:
    case Event::Type::Finished:
      if (!event.text.empty()) terminal_.line(event.text);
      break;
    case Event::Type::Interrupted:
      if (!event.text.empty()) terminal_.line(terminal_.styled(event.text, Style::Bold));
      break;
    case Event::Type::Warning:
      terminal_.line(terminal_.styled("warning: " + event.text, Style::Yellow));
      break;
    default:
      break;
  }
}

}  // namespace
}  // namespace cairn::monitors

CAIRN_PLUGIN("cairn.console", "1.0.0",
             cairn::monitor<cairn::monitors::Console, cairn::monitors::ConsoleParams>(
                 "console", "a progress bar on a terminal, elsewhere one line per epoch")
                 .param("bar", &cairn::monitors::ConsoleParams::bar, cairn::one_of({"auto", "on", "off"}),
                        "progress bar; auto: on a terminal")
                 .param("color", &cairn::monitors::ConsoleParams::color, cairn::one_of({"auto", "on", "off"}),
                        "colours; auto: on a terminal, unless NO_COLOR is set"))
