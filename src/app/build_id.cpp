#include "app/build_id.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstddef>

// The program's own first bytes, named by the linker.
extern "C" const ElfW(Ehdr) __ehdr_start;

namespace bh::app {
namespace {

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// In the notes of one segment: name size, description size, type, name and description, each padded to 4.
std::string_view build_id_in(std::string_view notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    const auto* head = reinterpret_cast<const ElfW(Nhdr)*>(notes.data());
    const std::size_t name = sizeof *head, description = name + padded(head->n_namesz);
    if (head->n_type == NT_GNU_BUILD_ID && notes.substr(name, 4) == std::string_view("GNU\0", 4))
      return notes.substr(description, head->n_descsz);
    notes.remove_prefix(std::min(notes.size(), description + padded(head->n_descsz)));
  }
  return {};
}

}  // namespace

std::string_view build_id() {
  const auto* start = reinterpret_cast<const char*>(&__ehdr_start);
  const auto* segments = reinterpret_cast<const ElfW(Phdr)*>(start + __ehdr_start.e_phoff);
  // The first loaded segment holds the header, so its address is where everything else is counted from.
  ElfW(Addr) base = 0;
  for (std::size_t i = 0; i < __ehdr_start.e_phnum; ++i)
    if (segments[i].p_type == PT_LOAD && segments[i].p_offset == 0) base = segments[i].p_vaddr;
  for (std::size_t i = 0; i < __ehdr_start.e_phnum; ++i) {
    if (segments[i].p_type != PT_NOTE) continue;
    auto id = build_id_in({start + (segments[i].p_vaddr - base), segments[i].p_memsz});
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace bh::app
