#include "report/html.h"

#include "diag/render.h"

namespace bh::report {

std::string html(std::string_view text) {
  std::string out;
  for (const char c : diag::printable(text)) {
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
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace bh::report
