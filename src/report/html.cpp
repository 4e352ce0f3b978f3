#include "report/html.h"

#include "diag/render.h"

namespace bh::report {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    default:
      out += c;
  }
}

std::string html(std::string_view text) {
  std::string out;
  for (const char c : diag::printable(text)) {
    if (c == '\'')
      out += "&#39;";
    else
      append_escaped(out, c);
  }
  return out;
}

}  // namespace bh::report
