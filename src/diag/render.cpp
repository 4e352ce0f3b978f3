#include "diag/render.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

namespace bh::diag {
namespace {

constexpr std::string_view severity_word[] = {"note", "warning", "error"};
constexpr std::string_view severity_colour[] = {"\x1b[1;36m", "\x1b[1;33m", "\x1b[1;31m"};
constexpr std::size_t max_shown_width = 160;

struct Paint {
  bool on;
  [[nodiscard]] std::string operator()(std::string_view colour, std::string_view text) const {
    return on ? fmt::format("{}{}\x1b[0m", colour, text) : std::string(text);
  }
};

/// Reads one code point; -1 and one byte where there is none.
std::pair<utf8proc_int32_t, std::size_t> next_code_point(std::string_view text) {
  utf8proc_int32_t code = -1;
  auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                            static_cast<utf8proc_ssize_t>(text.size()), &code);
  return n <= 0 ? std::pair{utf8proc_int32_t{-1}, std::size_t{1}}
                : std::pair{code, static_cast<std::size_t>(n)};
}

std::size_t width_of(std::string_view printable_text) {
  std::size_t width = 0;
  while (!printable_text.empty()) {
    auto [code, bytes] = next_code_point(printable_text);
    width += code < 0 ? 1 : static_cast<std::size_t>(std::max(0, utf8proc_charwidth(code)));
    printable_text.remove_prefix(bytes);
  }
  return width;
}

/// The source line cut to a window around the span, with tabs as one blank, and the column where the caret
/// starts.
struct Excerpt {
  std::string text;
  std::size_t caret = 0;
  std::size_t length = 1;
};

Excerpt excerpt(const SourceMap& sources, Span span) {
  std::string_view line = sources.line_text(span.source, span.begin);
  const char* text_start = sources.text(span.source).data();
  auto line_begin = static_cast<std::size_t>(line.data() - text_start);
  std::size_t from = std::min<std::size_t>(span.begin - line_begin, line.size());
  std::size_t to = std::min<std::size_t>(std::max(span.end, span.begin) - line_begin, line.size());
  std::string_view before = line.substr(0, from), marked = line.substr(from, to - from),
                   after = line.substr(to);
  std::string lead;
  if (before.size() > max_shown_width / 2) {
    before.remove_prefix(before.size() - max_shown_width / 2);
    lead = "...";
  }
  std::string tail;
  if (marked.size() + after.size() > max_shown_width) {
    std::size_t room = max_shown_width;
    marked = marked.substr(0, room);
    after = after.substr(0, room - marked.size());
    tail = "...";
  }
  auto flat = [](std::string_view part) {
    std::string text(part);
    std::ranges::replace(text, '\t', ' ');
    return printable(text);
  };
  Excerpt shown;
  shown.text = lead + flat(before);
  shown.caret = width_of(shown.text);
  std::string marked_text = flat(marked);
  shown.length = std::max<std::size_t>(1, width_of(marked_text));
  shown.text += marked_text + flat(after) + tail;
  return shown;
}

std::string gutter_of(const Position& at) { return std::string(fmt::format("{}", at.line).size(), ' '); }

/// The line of carets under an excerpt.
void put_mark(std::string& out, const std::string& gutter, const Excerpt& shown, char mark,
              std::string_view text, std::string_view colour, Paint paint) {
  std::string line = std::string(shown.length, mark);
  if (!text.empty()) line += fmt::format(" {}", text);
  fmt::format_to(std::back_inserter(out), "{} | {}{}\n", gutter, std::string(shown.caret, ' '),
                 paint(colour, line));
}

void put_place(std::string& out, const SourceMap& sources, Span span, char mark, std::string_view text,
               std::string_view colour, Paint paint) {
  Position at = sources.position(span.source, span.begin);
  Excerpt shown = excerpt(sources, span);
  std::string gutter = gutter_of(at);
  fmt::format_to(std::back_inserter(out), "{}--> {}:{}:{}\n", gutter, printable(sources.name(span.source)),
                 at.line, at.column);
  fmt::format_to(std::back_inserter(out), "{} |\n{} | {}\n", gutter, at.line, shown.text);
  put_mark(out, gutter, shown, mark, text, colour, paint);
}

/// Whether two places show one and the same excerpt, so that it need not be repeated.
bool same_excerpt(const SourceMap& sources, Span a, Span b) {
  return a.source == b.source &&
         sources.position(a.source, a.begin).line == sources.position(b.source, b.begin).line &&
         excerpt(sources, a).text == excerpt(sources, b).text;
}

void put_labels(std::string& out, const SourceMap& sources, const Diagnostic& diagnostic, Paint paint) {
  constexpr std::string_view blue = "\x1b[1;34m";
  Span shown = diagnostic.span;
  for (const Label& label : diagnostic.labels) {
    if (!label.span.valid()) continue;
    std::string text = printable(label.text);
    if (shown.valid() && same_excerpt(sources, shown, label.span)) {
      std::string gutter = gutter_of(sources.position(label.span.source, label.span.begin));
      put_mark(out, gutter, excerpt(sources, label.span), '-', text, blue, paint);
    } else {
      put_place(out, sources, label.span, '-', text, blue, paint);
    }
    shown = label.span;
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto [code, bytes] = next_code_point(text);
    bool plain = code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0) &&
                 utf8proc_category(code) != UTF8PROC_CATEGORY_CF;
    if (plain) {
      out += text.substr(0, bytes);
    } else {
      for (char byte : text.substr(0, bytes))
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
    }
    text.remove_prefix(bytes);
  }
  return out;
}

std::string render(const SourceMap& sources, const Diagnostic& diagnostic, RenderOptions options) {
  Paint paint{options.colour};
  auto severity = static_cast<std::size_t>(diagnostic.severity);
  std::string head = fmt::format("{}[BH{}]", severity_word[severity], info(diagnostic.code).number);
  std::string out =
      fmt::format("{}: {}\n", paint(severity_colour[severity], head), printable(diagnostic.message));
  if (diagnostic.span.valid())
    put_place(out, sources, diagnostic.span, '^', "", severity_colour[severity], paint);
  put_labels(out, sources, diagnostic, paint);
  if (!diagnostic.help.empty())
    fmt::format_to(std::back_inserter(out), "  = help: {}\n", printable(diagnostic.help));
  return out;
}

std::string render(const SourceMap& sources, const Sink& sink, RenderOptions options) {
  std::string out;
  for (const Diagnostic& diagnostic : sink.diagnostics()) out += render(sources, diagnostic, options) + "\n";
  auto count = [](std::size_t n, std::string_view word) {
    return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
  };
  if (sink.errors() + sink.warnings() > 0)
    fmt::format_to(std::back_inserter(out), "{}, {}\n", count(sink.errors(), "error"),
                   count(sink.warnings(), "warning"));
  return out;
}

}  // namespace bh::diag
