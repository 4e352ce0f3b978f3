#include "cli/report.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "base/file.h"
#include "cli/exit_codes.h"
#include "diag/render.h"

namespace bh::cli {
namespace {

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    utf8proc_int32_t code = -1;
    auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                              static_cast<utf8proc_ssize_t>(text.size()), &code);
    width += code < 0 ? 1 : static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
    text.remove_prefix(n <= 0 ? 1 : static_cast<std::size_t>(n));
  }
  return width;
}

void show(const app::Session& session, diag::Diagnostic diagnostic, Terminal& terminal,
          const Warnings& warnings) {
  if (warnings.stops_at(diagnostic)) diagnostic.severity = diag::Severity::error;
  terminal.err(diag::render(session.sources, diagnostic, {.colour = terminal.colour_err()}) + "\n");
}

}  // namespace

void print_diagnostics(const app::Session& session, Terminal& terminal, const Warnings& warnings) {
  // A line of an abstraction is noted once, however many of the profiles include it.
  std::set<std::tuple<diag::Code, diag::SourceId, std::uint32_t>> noted;
  std::size_t repeated = 0;
  for (const diag::Diagnostic& diagnostic : session.sink.diagnostics()) {
    if (!warnings.shows(diagnostic)) continue;
    bool note = diagnostic.severity == diag::Severity::note && diagnostic.span.valid();
    if (note && !noted.emplace(diagnostic.code, diagnostic.span.source, diagnostic.span.begin).second) {
      ++repeated;
      continue;
    }
    show(session, diagnostic, terminal, warnings);
  }
  if (repeated > 0)
    terminal.err(fmt::format("{} about the same lines, for other profiles\n\n",
                             count(repeated, "more note", "more notes")));
}

void print_diagnostics_in_short(const std::vector<app::Said>& said, Terminal& terminal,
                                const Warnings& warnings) {
  std::map<diag::Code, std::size_t> notes;
  for (const app::Said& some : said)
    for (std::size_t i = some.begin; i < some.end; ++i) {
      const diag::Diagnostic& diagnostic = some.session->sink.diagnostics()[i];
      if (!warnings.shows(diagnostic)) continue;
      if (diagnostic.severity == diag::Severity::note && !warnings.stops_at(diagnostic))
        ++notes[diagnostic.code];
      else
        show(*some.session, diagnostic, terminal, warnings);
    }
  for (const auto& [code, n] : notes)
    terminal.complain(fmt::format("BH{}, {}: {} (compile one file alone to see where)",
                                  diag::info(code).number, diag::info(code).title,
                                  count(n, "rule", "rules")));
}

int print_failure(const app::Session& session, Terminal& terminal, std::string_view doing,
                  const Error& error) {
  print_diagnostics(session, terminal);
  terminal.complain(fmt::format("cannot {}: {}", doing, error.text));
  return exit_trouble;
}

Result<void> put_out(Os& os, Terminal& terminal, const std::string& output, std::string_view text,
                     mode_t mode) {
  if (output != "-") return write_file_atomic(os, output, text, mode);
  terminal.out(text);
  return {};
}

void complain_of_silent_denies(const std::string& file, Terminal& terminal) {
  terminal.complain(diag::printable(
      fmt::format("{} has `deny` rules without `audit`: loaded by the distribution's parser at a boot, "
                  "they are enforced without a line in the log, in complain mode too",
                  file)));
}

std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::vector<std::string>> shown;
  for (const auto& row : rows) {
    auto& cells = shown.emplace_back();
    for (const std::string& cell : row) cells.push_back(diag::printable(cell));
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  std::string out;
  for (const auto& cells : shown) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      line += cells[i];
      if (i + 1 < cells.size()) line.append(widths[i] - width_of(cells[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string count(std::size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace bh::cli
