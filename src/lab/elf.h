// What an ELF program needs beside itself in a guest: its loader and the libraries that the loader would
// find.
//
// The loader itself is asked (`LOADER --list PROGRAM`, which does not run the program), so its search order
// is never guessed. Only the loader's name is read from the file.
#pragma once

#include <string>
#include <vector>

#include "base/os.h"

namespace bh::lab {

/// The interpreter that a program names; empty for a static program, a library without one, and anything that
/// is not ELF.
[[nodiscard]] Result<std::string> elf_interpreter(Os& os, const std::string& path);

/// Host paths of the loader and of all libraries; empty for what needs none. `library_folders` are looked at
/// first. Errors: a library that is not there, by name.
[[nodiscard]] Result<std::vector<std::string>> elf_needs(
    Os& os, const std::string& path, const std::vector<std::string>& library_folders = {});

}  // namespace bh::lab
