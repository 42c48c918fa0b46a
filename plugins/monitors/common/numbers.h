// Numbers as text.
#pragma once
#include <string>

namespace cairn::monitors {

// The shortest text that reads back as the same bits; "nan", "inf" and "-inf" beside.
std::string exact_text(double value);
// Six significant digits, for what was measured.
std::string short_text(double value);

}  // namespace cairn::monitors
