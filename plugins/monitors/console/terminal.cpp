#include "console/terminal.h"

#include <cstdio>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace cairn::monitors {
namespace {

constexpr int kUnknownColumns = 120;
constexpr const char* kClearLine = "\r\x1b[K";

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool is_terminal() {
  return isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb";
}

bool decided(Switch by_user, bool otherwise) {
  return by_user == Switch::Auto ? otherwise : by_user == Switch::On;
}

// The first of the three that is set decides, as setlocale has it.
bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto value = environment(name);
    if (!value.empty()) return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

}  // namespace

Switch switch_of(std::string_view text) {
  return text == "on" ? Switch::On : text == "off" ? Switch::Off : Switch::Auto;
}

Terminal::Terminal(Switch bar, Switch color)
    : bar_(decided(bar, is_terminal())),
      color_(decided(color, is_terminal() && environment("NO_COLOR").empty())),
      unicode_(utf8_locale()) {}

int Terminal::columns() const {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUnknownColumns;
  return size.ws_col;
}

std::string Terminal::styled(std::string_view text, Style style) const {
  const char* code = style == Style::Bold     ? "\x1b[1m"
                     : style == Style::Dim    ? "\x1b[2m"
                     : style == Style::Green  ? "\x1b[32m"
                     : style == Style::Yellow ? "\x1b[33m"
                                              : "";
  if (!color_ || *code == 0) return std::string(text);
  return code + std::string(text) + "\x1b[0m";
}

void Terminal::line(std::string_view text) {
  const std::string whole = (bar_shown_ ? kClearLine : "") + std::string(text) + "\n";
  std::fputs(whole.c_str(), stderr);
  bar_shown_ = false;
}

void Terminal::bar(std::string_view text) {
  if (!bar_) return;
  const std::string whole = kClearLine + std::string(text);
  std::fputs(whole.c_str(), stderr);
  bar_shown_ = true;
}

}  // namespace cairn::monitors
