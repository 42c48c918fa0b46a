// The SDK's rules for keys, under the name that the backends of this folder use.
#pragma once
#include <cairn/key.h>

namespace cairn::backends {

using cairn::check_key;
using cairn::is_key;

}  // namespace cairn::backends
