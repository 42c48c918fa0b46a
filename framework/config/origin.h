// Where a value of a pipeline came from, and what can be wrong with it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace cairn {

enum class Layer { Default, Preset, File, Site, Set };

struct Origin {
  Layer layer = Layer::Default;
  std::string source;                    // the preset's name, the file as given, or the text after --set
  int64_t line = 0, column = 0;          // from 1; 0: no place in a text
  std::vector<std::string> environment;  // variables that the value was made of
  // "default", "preset published", "p.toml:3", "site edge-a.toml:3", "--set", each with ", environment NAME" behind it.
  std::string to_text() const;
  // "p.toml:3:8", "--set run.seed=x", "preset published:3:8"
  std::string place() const;
};

// One mistake. Empty fields are left out of the text.
struct ConfigProblem {
  Origin where;
  std::string key;       // "augmentation.0.probability"
  std::string message;   // "unknown key", or what else cannot be said as expected and found
  std::string expected;  // "an integer, at least 1"
  std::string found;     // "-3"
  std::string nearest;   // the known name that looks most like the wrong one
  std::string to_text() const;
};

}  // namespace cairn
