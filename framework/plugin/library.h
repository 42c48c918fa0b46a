// One plugin library: looked at without loading it, then loaded.
#pragma once
#include <filesystem>
#include <string>

#include <cairn/plugin.h>

namespace cairn {

// Why a file is not usable, or empty. Reads its symbol table only; runs none of its code.
std::string inspect_library(const std::filesystem::path& file);

struct Library {
  std::filesystem::path file;
  const PluginDescriptor* descriptor = nullptr;  // lives as long as the process
  std::string fingerprint;
};

// Inspects, then loads and never unloads. FailedPrecondition with the reason when it is refused.
Library open_library(const std::filesystem::path& file);

std::string sha256_of_file(const std::filesystem::path& file);  // 64 hex digits

}  // namespace cairn
