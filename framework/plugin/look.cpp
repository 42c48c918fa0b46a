#include "plugin/look.h"

#include <algorithm>
#include <sstream>

#include "plugin/child.h"

namespace cairn {
namespace {

// What the child says: a line for each file before it is opened; then one for each refused file, with its reason's line
// ends written as \x1f; then what was found.
constexpr std::string_view kOpening = "opening ", kRefused = "refused ", kFound = "found\n";
constexpr char kLineEnd = '\x1f', kBetween = '\x1e';

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', kLineEnd);
  return text;
}

std::string lines(std::string text) {
  std::replace(text.begin(), text.end(), kLineEnd, '\n');
  return text;
}

void look_here(const LookRequest& request, const std::vector<RefusedLibrary>& harmful, const Say& say) {
  Registry registry;
  registry.on_open([&](const std::filesystem::path& file) { say(cat(kOpening, file.string(), "\n")); });
  for (const RefusedLibrary& library : harmful) registry.refuse(library.file, library.reason);
  add_standard_folders(registry, request.folders);
  registry.open_all();
  say(cat(kOpening, "\n"));
  const std::string found = request.look(registry);
  for (const RefusedLibrary& library : registry.refused())
    say(cat(kRefused, library.file.string(), kBetween, one_line(library.reason), "\n"));
  say(cat(kFound, found));
}

LookResult parsed(const std::string& said) {
  LookResult result;
  std::istringstream in(said);
  for (std::string line; std::getline(in, line);) {
    if (line + "\n" == kFound) break;
    if (!line.starts_with(kRefused)) continue;
    const size_t between = line.find(kBetween);
    result.refused.push_back(
        {line.substr(kRefused.size(), between - kRefused.size()), lines(line.substr(between + 1))});
  }
  result.found.assign(std::istreambuf_iterator<char>(in), {});
  return result;
}

// The file that was being opened last; empty when all were.
std::string last_opened(const std::string& said) {
  const size_t at = said.rfind(kOpening);
  if (at == std::string::npos) return "";
  const size_t begin = at + kOpening.size();
  return said.substr(begin, said.find('\n', begin) - begin);
}

}  // namespace

LookResult look_at_plugins(const LookRequest& request) {
  std::vector<RefusedLibrary> harmful;
  while (true) {
    const ChildEnd end = run_in_child([&](const Say& say) { look_here(request, harmful, say); }, request.limit);
    if (end.how == ChildEnd::How::Returned) return parsed(end.said);
    const std::string file = last_opened(end.said);
    const bool again = !harmful.empty() && harmful.back().file == file;
    if (file.empty() || again || end.how == ChildEnd::How::Threw)
      fail(Code::Internal, "looking at the plugins ", end.ending(), ": ", end.printed);
    harmful.push_back({file, cat(file, ": while it was opened it ", end.ending())});
  }
}

}  // namespace cairn
