// Checks of the file as a whole. Those before "loads" run no instruction of it.
#include <algorithm>
#include <set>

#include "check.h"
#include "plugin/elf_file.h"

namespace cairn::conformance {
namespace {

constexpr const char* kBanned[] = {"rand",   "srand",  "random",     "srandom", "drand48",   "exit",
                                   "_exit",  "_Exit",  "quick_exit", "signal",  "sigaction", "setlocale",
                                   "setenv", "putenv", "unsetenv",   "chdir"};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void check_exports(const std::filesystem::path& file) {
  const ElfFacts facts = read_elf(file);
  const auto wanted = [](const std::string& name) {
    return name == "cairn_plugin_v1" || name.starts_with("cairn_abi_v1_");
  };
  std::vector<std::string> more;
  std::copy_if(facts.exports.begin(), facts.exports.end(), std::back_inserter(more),
               [&](const std::string& name) { return !wanted(name); });
  expect(more.empty(), "exports more than the entry and the marker: ", joined(more),
         "; link it with cairn_add_plugin(), which uses a version script");
  expect(facts.exports.size() == 2, "expected 2 exports, found ", facts.exports.size(), ": ", joined(facts.exports));
}

void check_nodelete(const std::filesystem::path& file) {
  const ElfFacts facts = read_elf(file);
  expect(facts.nodelete, "not linked with -Wl,-z,nodelete: it could be unloaded while objects of it live");
  expect(!facts.text_relocations, "holds text relocations: compile it with -fPIC");
}

void check_imports(const std::filesystem::path& file) {
  const ElfFacts facts = read_elf(file);
  std::vector<std::string> found;
  for (const char* banned : kBanned) {
    if (std::find(facts.imports.begin(), facts.imports.end(), banned) != facts.imports.end()) found.push_back(banned);
  }
  expect(found.empty(), "calls ", joined(found),
         ": random numbers come from cairn::Rng, errors are thrown, signals, locale, environment and working folder "
         "belong to the host");
}

void check_build(const std::filesystem::path& file) {
  const std::string reason = inspect_library(file);
  expect(reason.empty(), reason);
}

void check_loads(const std::filesystem::path& file) {
  open_library(file);
}

void check_types(const std::filesystem::path& file) {
  std::set<std::pair<Kind, std::string>> seen;
  for (const FactoryDescriptor& factory : open_library(file).descriptor->factories) {
    expect(seen.emplace(factory.kind, factory.type).second, name_of(factory.kind), " '", factory.type,
           "' is described twice");
    expect(factory.interface_version == 1, "'", factory.type, "' claims version ", factory.interface_version,
           " of its interface, this SDK has 1");
    const auto bad = factory.type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_");
    expect(bad == std::string::npos, "type '", factory.type, "': expected only a-z, 0-9 and _");
  }
}

}  // namespace

std::vector<LibraryCheck> library_checks() {
  return {{"build", "is built as this host is", check_build},
          {"exports", "exports its entry and its marker, and nothing else", check_exports},
          {"nodelete", "is marked never to be unloaded", check_nodelete},
          {"imports", "calls nothing that changes the whole process", check_imports},
          {"loads", "can be loaded and describes itself completely", check_loads},
          {"types", "describes every type once, under a valid name", check_types}};
}

}  // namespace cairn::conformance
