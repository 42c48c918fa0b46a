// Colours for classes and curves.
#pragma once

namespace cairn {

struct Colour {
  double red = 0, green = 0, blue = 0, alpha = 1;  // 0..1
  bool operator==(const Colour&) const = default;
};

Colour class_colour(int index);     // 20 well-separated colours, then varied shades of them
Colour text_on(Colour background);  // black or white, whichever reads better
Colour heat_colour(double value);   // 0..1: white to deep blue

}  // namespace cairn
