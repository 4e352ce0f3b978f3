#include "base/links.h"

#include <cerrno>
#include <vector>

namespace bh {
namespace {

/// Puts the parts of `path` in front of what is still to be walked (a stack: next part last).
void push_parts(std::string_view path, std::vector<std::string>& ahead) {
  while (!path.empty()) {
    auto slash = path.rfind('/');
    std::string_view part = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!part.empty() && part != ".") ahead.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  }
}

}  // namespace

Result<std::string> follow_links(std::string_view path, const LinkTarget& target) {
  std::vector<std::string> ahead;
  push_parts(path, ahead);
  std::string walked;
  int links = 0;
  while (!ahead.empty()) {
    std::string part = std::move(ahead.back());
    ahead.pop_back();
    if (part == "..") {
      walked.erase(walked.empty() ? 0 : walked.rfind('/'));
      continue;
    }
    std::string here = walked + "/" + part;
    BH_TRY(auto leads_to, target(here, ahead.empty()));
    if (!leads_to) {
      walked = std::move(here);
      continue;
    }
    if (++links > most_links)
      return tl::unexpected(
          Error{fmt::format("{} leads through more than {} links", path, most_links), ELOOP});
    if (leads_to->starts_with('/')) walked.clear();
    push_parts(*leads_to, ahead);
  }
  return walked.empty() ? "/" : walked;
}

}  // namespace bh
