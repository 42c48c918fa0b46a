// What a key of a store looks like; the same for every backend.
#pragma once
#include <string>

namespace cairn::backends {

// InvalidArgument unless the key is one (cairn/backend.h), and no part of it is longer than a file's name may be.
void check_key(const std::string& key);

// Whether a listing may show it: what others have put into the same place is left alone.
bool is_key(const std::string& key);

}  // namespace cairn::backends
