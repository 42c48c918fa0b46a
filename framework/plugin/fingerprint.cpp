#include "plugin/fingerprint.h"

#include <fstream>
#include <map>
#include <sstream>

#include <cairn/error.h>

namespace cairn {
namespace {

std::map<std::string, std::string> fields(std::string_view line) {
  std::map<std::string, std::string> out;
  std::istringstream in{std::string(line)};
  for (std::string word; in >> word;) {
    if (const auto equals = word.find('='); equals != std::string::npos)
      out[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return out;
}

std::string side_file_fingerprint(const std::filesystem::path& library) {
  std::filesystem::path side = library;
  side.replace_extension(".plugin.toml");
  std::ifstream in(side);
  for (std::string line; std::getline(in, line) && line.size() < 4096;) {
    const auto open = line.find('"'), close = line.rfind('"');
    if (line.rfind("fingerprint", 0) == 0 && close > open) return line.substr(open + 1, close - open - 1);
  }
  return "";
}

}  // namespace

std::string_view host_fingerprint() {
  return CAIRN_FINGERPRINT;
}
std::string_view host_abi_marker() {
  return CAIRN_ABI_MARKER;
}

std::string explain_mismatch(const std::filesystem::path& library) {
  const std::string line = side_file_fingerprint(library);
  if (line.empty()) return "its build is unknown (no side file " + library.stem().string() + ".plugin.toml beside it)";
  const auto plugin = fields(line), host = fields(host_fingerprint());
  std::string out;
  for (const auto& [name, value] : host) {
    const auto other = plugin.find(name);
    const std::string found = other == plugin.end() ? "not stated" : other->second;
    if (found != value) out += cat(out.empty() ? "" : "; ", "plugin: ", name, "=", found, ", host: ", name, "=", value);
  }
  return out.empty() ? "its marker differs though its side file names the same build: rebuild it" : out;
}

}  // namespace cairn
