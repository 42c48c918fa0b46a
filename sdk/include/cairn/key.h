// What a key of a backend may look like.
#pragma once
#include <string_view>

#include <cairn/error.h>

namespace cairn {

// [any thread] At most 900 bytes of '/'-separated parts of [A-Za-z0-9._=+@-]; no part empty, ".", "..", longer than 255
// bytes (a file's name) or beginning with kTemporaryPrefix (cairn/file.h). Anything else is InvalidArgument, naming the
// key.
CAIRN_API void check_key(std::string_view key);

// [any thread] The same as a question, for listings: what others have put into the same place is left alone.
CAIRN_API bool is_key(std::string_view key);

}  // namespace cairn
