// What an ELF program needs beside itself in a guest: its loader and the libraries that the loader would
// find.
//
// The loader itself is asked (`LOADER --list PROGRAM`, which does not start the program), so its search order
// is never guessed. Only the loader's name is read from the file.
#pragma once

#include <string>
#include <vector>

#include "base/os.h"

namespace bh::lab {

/// The interpreter that a program names; empty for a static program, a library without one, and anything that
/// is not ELF.
[[nodiscard]] Result<std::string> elf_interpreter(Os& os, const std::string& path);

/// Paths, as `path`'s own root sees them, of the loader and of all libraries; empty for what needs none.
/// `root` (no slash at the end; empty: the host's) is where the program's own system lies: its loader is run
/// and its library folders are looked at. Errors: a library that is not there, by name.
[[nodiscard]] Result<std::vector<std::string>> elf_needs(Os& os, const std::string& root,
                                                         const std::string& path);

}  // namespace bh::lab
