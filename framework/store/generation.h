// Each process that writes snapshots of a run has a generation of its own, so that two can never write the same name.
#pragma once
#include <cstdint>
#include <string>

#include "store/store.h"

namespace cairn {

// Claims the next generation: higher than every one that left a lease or a manifest.
int64_t claim_generation(Store& store, const std::string& run);

}  // namespace cairn
