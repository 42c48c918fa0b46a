#include "elf_file.h"

#include <elf.h>
#include <cstring>
#include <span>

#include <cairn/image.h>

namespace cairn::conformance {
namespace {

class Reader {
 public:
  explicit Reader(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}

  template <class T>
  T at(uint64_t offset) const {
    T value;
    std::memcpy(&value, part(offset, sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> part(uint64_t offset, uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) fail(Code::DataLoss, "the ELF file is cut or damaged");
    return std::span(bytes_).subspan(offset, size);
  }
  std::string text(const Elf64_Shdr& strings, uint64_t offset) const {
    const auto table = part(strings.sh_offset, strings.sh_size);
    std::string out;
    for (uint64_t i = offset; i < table.size() && table[i] != std::byte{0}; ++i) out += static_cast<char>(table[i]);
    return out;
  }

 private:
  std::vector<std::byte> bytes_;
};

std::vector<Elf64_Shdr> sections(const Reader& reader) {
  const auto header = reader.at<Elf64_Ehdr>(0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_type != ET_DYN || header.e_shentsize != sizeof(Elf64_Shdr)) {
    fail(Code::DataLoss, "no 64-bit ELF shared library");
  }
  std::vector<Elf64_Shdr> out;
  for (uint16_t i = 0; i < header.e_shnum; ++i)
    out.push_back(reader.at<Elf64_Shdr>(header.e_shoff + uint64_t{i} * sizeof(Elf64_Shdr)));
  return out;
}

void read_symbols(const Reader& reader, const Elf64_Shdr& table, const Elf64_Shdr& strings, ElfFacts& to) {
  for (uint64_t at = sizeof(Elf64_Sym); at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
    const auto symbol = reader.at<Elf64_Sym>(table.sh_offset + at);
    const std::string name = reader.text(strings, symbol.st_name);
    const unsigned char binding = ELF64_ST_BIND(symbol.st_info), visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    if (symbol.st_shndx == SHN_UNDEF) {
      to.imports.push_back(name);
    } else if (binding != STB_LOCAL && (visibility == STV_DEFAULT || visibility == STV_PROTECTED)) {
      to.exports.push_back(name);
    }
  }
}

void read_dynamic(const Reader& reader, const Elf64_Shdr& table, ElfFacts& to) {
  for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= table.sh_size; at += sizeof(Elf64_Dyn)) {
    const auto entry = reader.at<Elf64_Dyn>(table.sh_offset + at);
    if (entry.d_tag == DT_FLAGS_1 && (entry.d_un.d_val & DF_1_NODELETE) != 0) to.nodelete = true;
    if (entry.d_tag == DT_TEXTREL) to.text_relocations = true;
  }
}

}  // namespace

ElfFacts read_elf(const std::filesystem::path& file) {
  const Reader reader(read_file(file));
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

}  // namespace cairn::conformance
