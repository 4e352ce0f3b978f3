#include <elf.h>

#include <cstring>

#include "image/tree.h"

namespace bh::image {
namespace {

constexpr std::string_view blanks = " \t";

template <class T>
bool read_at(std::string_view bytes, std::uint64_t offset, T& into) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&into, bytes.data() + offset, sizeof(T));
  return true;
}

/// `#!/usr/bin/env node` up to the end of the line, as binfmt_script reads it.
Program script_of(std::string_view line) {
  line = line.substr(
      2, line.find('\n') == std::string_view::npos ? std::string_view::npos : line.find('\n') - 2);
  auto begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  auto end = std::min(line.find_first_of(blanks, begin), line.size());
  Program program{Program::Form::script, std::string(line.substr(begin, end - begin)), {}};
  auto argument = line.find_first_not_of(blanks, end);
  if (argument != std::string_view::npos) {
    program.argument = line.substr(argument);
    program.argument.erase(program.argument.find_last_not_of(" \t\r") + 1);
  }
  return program;
}

/// The loader that PT_INTERP names. Linkers put it into the first page.
template <class Header, class Segment>
std::string loader_of(std::string_view head) {
  Header header;
  if (!read_at(head, 0, header)) return {};
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    if (!read_at(head, header.e_phoff + std::uint64_t{i} * header.e_phentsize, segment)) return {};
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_offset > head.size() || head.size() - segment.p_offset < segment.p_filesz) return {};
    std::string_view name = head.substr(segment.p_offset, segment.p_filesz);
    return std::string(name.substr(0, name.find('\0')));
  }
  return {};
}

}  // namespace

Program program_of(std::string_view head) {
  if (head.starts_with("#!")) return script_of(head);
  if (!head.starts_with(std::string_view(ELFMAG, SELFMAG)) || head.size() <= EI_DATA) return {};
  Program program{Program::Form::elf, {}, {}};
  // Programs of another byte order are no programs for this kernel; that they are ELF is all that is said.
  if (head[EI_DATA] != ELFDATA2LSB) return program;
  program.interpreter = head[EI_CLASS] == ELFCLASS64 ? loader_of<Elf64_Ehdr, Elf64_Phdr>(head)
                                                     : loader_of<Elf32_Ehdr, Elf32_Phdr>(head);
  return program;
}

}  // namespace bh::image
