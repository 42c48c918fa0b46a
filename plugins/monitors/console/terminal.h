// What stderr is, and what may be written to it.
#pragma once
#include <string>
#include <string_view>

namespace cairn::monitors {

enum class Switch { Auto, On, Off };
Switch switch_of(std::string_view text);  // "auto", "on", "off"

enum class Style { Plain, Bold, Dim, Green, Yellow };

class Terminal {
 public:
  // Auto: a bar on a terminal that is not TERM=dumb; colours there too, unless NO_COLOR is set and not empty.
  Terminal(Switch bar, Switch color);
  bool has_bar() const { return bar_; }
  bool unicode() const { return unicode_; }
  int columns() const;  // as wide as the terminal is now; 120 when that is unknown

  std::string styled(std::string_view text, Style style) const;
  void line(std::string_view text);  // replaces the bar
  void bar(std::string_view text);   // stays on the last line until the next call; nothing without a bar

 private:
  bool bar_ = false, color_ = false, unicode_ = false;
  bool bar_shown_ = false;
};

}  // namespace cairn::monitors
