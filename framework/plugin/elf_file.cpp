#include "plugin/elf_file.h"

#include <elf.h>
#include <cstring>
#include <fstream>
#include <utility>

#include <cairn/error.h>

namespace cairn {
namespace {

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : in_(file, std::ios::binary | std::ios::ate) {
    if (!in_) fail(Code::NotFound, "cannot read ", file.string());
    size_ = static_cast<uint64_t>(in_.tellg());
  }
  template <class T>
  std::vector<T> table(uint64_t offset, uint64_t bytes) {
    if (offset > size_ || bytes > size_ - offset) fail(Code::DataLoss, "the ELF file is cut or damaged");
    std::vector<T> out(bytes / sizeof(T));
    in_.seekg(static_cast<std::streamoff>(offset));
    in_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(T)));
    if (!in_) fail(Code::DataLoss, "the ELF file cannot be read");
    return out;
  }
  template <class T>
  std::vector<T> table(const Elf64_Shdr& section) {
    return table<T>(section.sh_offset, section.sh_size);
  }

 private:
  std::ifstream in_;
  uint64_t size_ = 0;
};

std::vector<Elf64_Shdr> sections(Reader& reader) {
  const auto header = reader.table<Elf64_Ehdr>(0, sizeof(Elf64_Ehdr)).front();
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_type != ET_DYN || header.e_shentsize != sizeof(Elf64_Shdr)) {
    fail(Code::DataLoss, "no 64-bit ELF shared library");
  }
  return reader.table<Elf64_Shdr>(header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
}

// From `offset` to the next zero byte; empty beyond the table.
std::string name_at(const std::vector<char>& names, uint64_t offset) {
  if (offset >= names.size()) return "";
  return {names.data() + offset, strnlen(names.data() + offset, names.size() - offset)};
}

void read_symbols(Reader& reader, const Elf64_Shdr& table, const Elf64_Shdr& strings, ElfFacts& to) {
  const auto names = reader.table<char>(strings);
  bool first = true;  // stands for no symbol
  for (const Elf64_Sym& symbol : reader.table<Elf64_Sym>(table)) {
    if (std::exchange(first, false)) continue;
    const unsigned char binding = ELF64_ST_BIND(symbol.st_info), visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    if (symbol.st_shndx == SHN_UNDEF) {
      to.imports.push_back(name_at(names, symbol.st_name));
    } else if (binding != STB_LOCAL && (visibility == STV_DEFAULT || visibility == STV_PROTECTED)) {
      to.exports.push_back(name_at(names, symbol.st_name));
    }
  }
}

void read_dynamic(Reader& reader, const Elf64_Shdr& table, ElfFacts& to) {
  for (const Elf64_Dyn& entry : reader.table<Elf64_Dyn>(table)) {
    if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_NODELETE) != 0) to.nodelete = true;
    if (entry.d_tag == DT_TEXTREL) to.text_relocations = true;
  }
}

}  // namespace

ElfFacts read_elf(const std::filesystem::path& file) {
  Reader reader(file);
  const std::vector<Elf64_Shdr> all = sections(reader);
  ElfFacts facts;
  for (const Elf64_Shdr& section : all) {
    if (section.sh_type == SHT_DYNAMIC) read_dynamic(reader, section, facts);
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_link >= all.size()) fail(Code::DataLoss, "the ELF file is damaged: symbols without names");
    read_symbols(reader, section, all[section.sh_link], facts);
  }
  return facts;
}

}  // namespace cairn
