#include <fmt/format.h>

#include "diag/render.h"
#include "report/render.h"

namespace bh::report {
namespace {

std::string_view tag(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_applicable:
      return "n/a    ";
    case Outcome::pass:
      return "pass   ";
    case Outcome::manual:
      return "manual ";
    case Outcome::warn:
      return "WARN   ";
    case Outcome::unknown:
      return "UNKNOWN";
    case Outcome::fail:
      return "FAIL   ";
  }
  return "";
}

std::string_view colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_applicable:
      return "\033[2m";
    case Outcome::pass:
      return "\033[32m";
    case Outcome::manual:
      return "\033[36m";
    case Outcome::warn:
      return "\033[33m";
    case Outcome::unknown:
      return "\033[35m";
    case Outcome::fail:
      return "\033[31m";
  }
  return "";
}

bool is_fine(Outcome outcome) { return outcome == Outcome::pass || outcome == Outcome::not_applicable; }

std::string score_line(std::string_view name, const Score& score) {
  return fmt::format("{:<24} {:5.1f} %   {} pass, {} warn, {} fail, {} unknown, {} manual, {} n/a\n", name,
                     score.percent(), score.of(Outcome::pass), score.of(Outcome::warn),
                     score.of(Outcome::fail), score.of(Outcome::unknown), score.of(Outcome::manual),
                     score.of(Outcome::not_applicable));
}

class Text {
 public:
  explicit Text(const TextOptions& options) : options_(options) {}

  std::string render(const Document& document) {
    out_ +=
        fmt::format("{}\n{}, {}\n", document.standard, diag::printable(document.subject), document.taken_at);
    for (const auto& section : document.sections) {
      heading(section.title);
      for (const auto& finding : document.findings)
        if (finding.section == section.name) line(finding);
    }
    out_ += "\n";
    for (const auto& section : document.sections) out_ += score_line(section.title, section.score);
    out_ += score_line("Total", document.total);
    return std::move(out_);
  }

 private:
  void heading(std::string_view title) {
    if (options_.colour)
      out_ += fmt::format("\n\033[1m{}\033[0m\n", title);
    else
      out_ += fmt::format("\n{}\n", title);
  }

  void outcome(Outcome value) {
    if (options_.colour)
      out_ += fmt::format("{}{}\033[0m", colour_of(value), tag(value));
    else
      out_ += tag(value);
  }

  void line(const Finding& finding) {
    out_ += "  ";
    outcome(finding.outcome);
    out_ += fmt::format(" {:<8} {}\n", finding.id, finding.title);
    if (is_fine(finding.outcome) && !options_.verbose) return;
    out_ += fmt::format("                   {}\n", diag::printable(finding.summary));
    for (const auto& item : finding.evidence) {
      if (!options_.verbose && (is_fine(item.outcome) || finding.evidence.size() == 1)) continue;
      out_ += "                   ";
      outcome(item.outcome);
      auto where = item.where.empty() ? std::string() : fmt::format("  [{}]", item.where);
      out_ += diag::printable(fmt::format(" {}: {}{}", item.subject, item.text, where)) + "\n";
    }
    if (options_.verbose && !is_fine(finding.outcome) && !finding.help.empty())
      out_ += fmt::format("                   help: {}\n", finding.help);
  }

  TextOptions options_;
  std::string out_;
};

}  // namespace

std::string to_text(const Document& document, const TextOptions& options) {
  return Text(options).render(document);
}

}  // namespace bh::report
