#include "audit/build_history.h"

#include <algorithm>
#include <array>

#include "audit/host_fs.h"

namespace bh::audit {
namespace {

constexpr std::array<std::string_view, 18> instruction_names = {
    "ADD",   "ARG",        "CMD",     "COPY", "ENTRYPOINT", "ENV",        "EXPOSE", "FROM",   "HEALTHCHECK",
    "LABEL", "MAINTAINER", "ONBUILD", "RUN",  "SHELL",      "STOPSIGNAL", "USER",   "VOLUME", "WORKDIR"};

/// "/bin/bash -o pipefail -c make" -> "make": the form that a RUN has in a history, by whatever SHELL.
std::string_view without_shell(std::string_view text) {
  constexpr std::array<std::string_view, 7> shells = {"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"};
  constexpr std::size_t options_max = 6;
  auto parts = words(text);
  if (parts.empty()) return text;
  auto shell = parts[0].substr(parts[0].rfind('/') + 1);
  if (std::ranges::find(shells, shell) == shells.end()) return text;
  for (std::size_t i = 1; i < std::min(parts.size(), options_max); ++i)
    if (parts[i].starts_with('-') && !parts[i].starts_with("--") && parts[i].ends_with('c'))
      return trim(text.substr(static_cast<std::size_t>(parts[i].data() - text.data()) + parts[i].size()));
  return text;
}

Instruction parse(std::string_view created_by) {
  auto text = trim(created_by);
  if (text.empty()) return {};
  if (text.ends_with("# buildkit")) text = trim(text.substr(0, text.size() - 10));
  constexpr std::string_view nop = "#(nop)";
  if (auto at = text.find(nop); at != std::string_view::npos && at < 40)
    text = trim(text.substr(at + nop.size()));
  // "|1 VERSION=3 /bin/sh -c make": a RUN with build arguments
  if (text.starts_with('|')) {
    auto shell = text.find(" /");
    return {"RUN",
            std::string(without_shell(shell == std::string_view::npos ? text : text.substr(shell + 1)))};
  }
  auto end = std::min(text.find_first_of(" \t"), text.size());
  auto first = text.substr(0, end);
  if (std::ranges::find(instruction_names, first) == instruction_names.end())
    return {"RUN", std::string(without_shell(text))};
  auto rest = trim(text.substr(end));
  if (first == "RUN") rest = without_shell(rest);
  return {std::string(first), std::string(rest)};
}

/// How many of the oldest entries are also, one by one, the whole history of another image.
std::size_t shared_base(const ImageFacts& image, std::span<const ImageFacts* const> others) {
  const auto& own = *image.history;
  std::size_t best = 0;
  for (const auto* other : others) {
    if (other->id == image.id || !other->history || other->history->size() >= own.size()) continue;
    bool same = std::equal(
        other->history->rbegin(), other->history->rend(), own.rbegin(),
        [](const auto& a, const auto& b) { return a.created == b.created && a.created_by == b.created_by; });
    if (same) best = std::max(best, other->history->size());
  }
  return best;
}

}  // namespace

std::vector<Instruction> instructions(const ImageFacts& image, std::span<const ImageFacts* const> others) {
  std::vector<Instruction> out;
  if (!image.history) return out;
  for (auto entry = image.history->rbegin(); entry != image.history->rend(); ++entry)
    out.push_back(parse(entry->created_by));
  auto base = shared_base(image, others);
  // A root file system is added before anything else, in one or several ADD file:… in /, and sealed with a
  // CMD.
  std::size_t root = 0;
  while (root < out.size() && out[root].name == "ADD" &&
         (out[root].text.starts_with("file:") || out[root].text.ends_with(" / ") ||
          out[root].text.ends_with(" /")))
    ++root;
  if (root > 0 && root < out.size() && out[root].name == "CMD") ++root;
  base = std::max(base, root);
  for (std::size_t i = 0; i < base && i < out.size(); ++i) out[i].base = true;
  return out;
}

std::vector<ShellCommand> shell_commands(std::string_view text) {
  std::vector<ShellCommand> out(1);
  std::string word;
  bool any = false;
  char quote = 0;
  auto end_word = [&] {
    if (any) out.back().words.push_back(std::move(word));
    word.clear();
    any = false;
  };
  auto end_command = [&](bool piped) {
    end_word();
    if (!out.back().words.empty()) out.emplace_back();
    out.back().piped = piped;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      any = true;
    } else if (c == '\\' && next != '\0') {
      if (next != '\n') word += next, any = true;
      ++i;
    } else if (c == ' ' || c == '\t') {
      end_word();
    } else if (c == '|' && next != '|') {
      end_command(true);
    } else if (c == ';' || c == '\n' || c == '|' || (c == '&' && next == '&') || c == '(' || c == ')' ||
               c == '{' || c == '}') {
      bool twice = (c == '|' || c == '&') && next == c;
      if (twice) ++i;
      end_command(false);
    } else {
      word += c;
      any = true;
    }
  }
  end_word();
  if (out.back().words.empty()) out.pop_back();
  return out;
}

}  // namespace bh::audit
