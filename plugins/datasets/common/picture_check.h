// Whether pictures are whole, decided by decoding every one of them once. What was found is remembered in a small file
// of the user's cache folder, by path, size and time of change, so that only new pictures are decoded when a set is
// opened again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <cairn/context.h>

namespace cairn::datasets {

struct PictureFacts {
  int width = 0, height = 0;  // as shown; 0 when not usable
  std::string digest;         // SHA-256 of the file, 64 digits; empty when it could not be read
  std::string reason;         // why it cannot be used; empty when it can
  bool usable() const { return reason.empty(); }
};

// One per file, in order. Works on all cores. `set` names the set and split, for the remembered file.
// When context.stop is set it ends with Cancelled.
std::vector<PictureFacts> check_pictures(const std::vector<std::filesystem::path>& files, const std::string& set,
                                         const Context& context);

}  // namespace cairn::datasets
