// AST -> text in one style: two blanks of indentation, `include` without `#`, permissions after paths and in
// one order.
//
// parse(print(x)) gives x again, but for spans and comments. Words that were made by a program and not parsed
// are quoted where the place needs it.
#pragma once

#include <string>

#include "policy/ast.h"

namespace bh::policy {

[[nodiscard]] std::string print(const Block& block);
/// One rule on one line, with its comma and without newline.
[[nodiscard]] std::string print(const Rule& rule);
/// `r`, `rwk`, `mrPx`, …: permissions of a file rule as the language writes them.
[[nodiscard]] std::string print_perms(std::uint8_t perms, const ExecTransition& exec);

}  // namespace bh::policy
