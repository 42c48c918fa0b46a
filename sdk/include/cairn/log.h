// Where messages go. The host decides what is shown; a plugin's logger carries its id.
#pragma once
#include <string_view>

#include <cairn/error.h>

namespace cairn {

enum class Level { Debug, Info, Warning, Error };

// [any thread] Messages are whole lines without a line end. Secrets never go here.
class CAIRN_API Logger {
 public:
  virtual ~Logger();
  virtual void write(Level level, std::string_view line) = 0;
  template <class... Parts>
  void info(const Parts&... parts) {
    write(Level::Info, cat(parts...));
  }
  template <class... Parts>
  void warn(const Parts&... parts) {
    write(Level::Warning, cat(parts...));
  }
  template <class... Parts>
  void debug(const Parts&... parts) {
    write(Level::Debug, cat(parts...));
  }
};

// A logger that drops everything, for tests and tools.
CAIRN_API Logger& null_logger();

}  // namespace cairn
