#include <cairn/log.h>

namespace cairn {

Logger::~Logger() = default;

namespace {
class NullLogger final : public Logger {
  void write(Level, std::string_view) override {}
};
}  // namespace

Logger& null_logger() {
  static NullLogger logger;
  return logger;
}

}  // namespace cairn
