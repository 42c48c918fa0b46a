// What the dynamic section of a shared library says (System V ABI, 64-bit little-endian), read without loading it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cairn::conformance {

struct ElfFacts {
  std::vector<std::string> exports;  // names of defined dynamic symbols that another library can see
  std::vector<std::string> imports;  // names of undefined ones, without version
  bool nodelete = false;             // DF_1_NODELETE
  bool text_relocations = false;
};

// DataLoss for what is no such file or damaged; every offset of the file is checked before it is used.
ElfFacts read_elf(const std::filesystem::path& file);

}  // namespace cairn::conformance
