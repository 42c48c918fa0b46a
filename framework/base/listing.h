// How a command lists what it found.
#pragma once

namespace cairn {

enum class Listing { Text, Json };

}  // namespace cairn
