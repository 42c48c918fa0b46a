#include <cairn/key.h>

#include <algorithm>

#include <cairn/file.h>

namespace cairn {

namespace {

constexpr size_t kLongestKey = 900;
constexpr size_t kLongestPart = 255;

std::string problem_with(std::string_view key) {
  if (key.empty() || key.size() > kLongestKey) return cat("expected 1 to ", kLongestKey, " bytes, found ", key.size());
  if (key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._=+@-/") !=
      std::string_view::npos) {
    return "expected only A-Z a-z 0-9 . _ = + @ - and /";
  }
  size_t begin = 0;
  while (begin <= key.size()) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part = key.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.size() > kLongestPart ||
        part.starts_with(kTemporaryPrefix)) {
      return cat("its part '", part, "' is not allowed");
    }
    begin = end + 1;
  }
  return "";
}

}  // namespace

void check_key(std::string_view key) {
  const std::string problem = problem_with(key);
  if (!problem.empty()) fail(Code::InvalidArgument, "key '", key, "': ", problem);
}

bool is_key(std::string_view key) {
  return problem_with(key).empty();
}

}  // namespace cairn
