// What the dynamic section of a shared library says (System V ABI, 64-bit little-endian), read without loading it. A
// stripped library has no other list of symbols.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace cairn {

struct ElfFacts {
  std::vector<std::string> exports;  // names of defined dynamic symbols that another library can see
  std::vector<std::string> imports;  // names of undefined ones, without version
  bool nodelete = false;             // DF_1_NODELETE
  bool text_relocations = false;
};

// DataLoss for what is no such file or damaged; every offset and length is compared with the file before it is used.
// Reads the tables that it needs, not the whole file.
ElfFacts read_elf(const std::filesystem::path& file);

}  // namespace cairn
