// How what a verb says becomes text: diagnostics, errors, tables, and JSON.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "app/compile_files.h"
#include "app/session.h"
#include "cli/terminal.h"
#include "cli/warnings.h"

namespace bh::cli {

/// Every diagnostic of the session as caret text on stderr; a note about a line once, whatever it was
/// included for. `warnings`: which of them.
void print_diagnostics(const app::Session& session, Terminal& terminal, const Warnings& warnings = {});
/// What was said about many files at once: of notes only how many there were of each code.
void print_diagnostics_in_short(const std::vector<app::Said>& said, Terminal& terminal,
                                const Warnings& warnings = {});

/// Diagnostics, then `bulkhead: cannot VERB WHAT: error`. Returns the exit code.
int print_failure(const app::Session& session, Terminal& terminal, std::string_view doing,
                  const Error& error);

/// Text to where a command's --output says: `-` is stdout, anything else a file that is there whole or not at
/// all, with that mode.
[[nodiscard]] Result<void> put_out(Os& os, Terminal& terminal, const std::string& output,
                                   std::string_view text, mode_t mode = 0644);

/// Of a file that is kept for complain mode: what the distribution's parser makes of its plain denies.
void complain_of_silent_denies(const std::string& file, Terminal& terminal);

/// Rows as columns as wide as their content (the last one free), two blanks between; control bytes made
/// visible.
[[nodiscard]] std::string columns(const std::vector<std::vector<std::string>>& rows);

/// `1 process`, `2 processes`.
[[nodiscard]] std::string count(std::size_t n, std::string_view one, std::string_view many);

}  // namespace bh::cli
