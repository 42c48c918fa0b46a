#include "base/terminal_log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <unistd.h>

namespace cairn {

struct TerminalLog::Impl {
  spdlog::logger logger{"cairn"};
};

namespace {

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warning:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

constexpr const char* kClearLine = "\r\x1b[K";

// On a terminal a progress bar may stand on the line.
bool has_bar() {
  const char* term = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

}  // namespace

TerminalLog::TerminalLog() : impl_(std::make_unique<Impl>()) {
  const bool colour = std::getenv("NO_COLOR") == nullptr;
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colour ? spdlog::color_mode::automatic
                                                                           : spdlog::color_mode::never);
  sink->set_pattern(cat(has_bar() ? kClearLine : "", "%^%l%$: %v"));
  sink->set_level(spdlog::level::info);
  impl_->logger.sinks().push_back(std::move(sink));  // sinks are co-owned by spdlog's loggers
  impl_->logger.set_level(spdlog::level::debug);
}

TerminalLog::~TerminalLog() = default;

void TerminalLog::write(Level level, std::string_view line) {
  impl_->logger.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void TerminalLog::also_to(const std::filesystem::path& file) {
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  impl_->logger.sinks().push_back(std::move(sink));
  impl_->logger.flush_on(spdlog::level::debug);
}

}  // namespace cairn
