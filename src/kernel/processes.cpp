// Who runs under which profile: the label of every task, from /proc.
#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/file.h"
#include "kernel/apparmor.h"

namespace bh::kernel {
namespace {

std::string read_line(Os& os, const std::string& path) {
  auto text = read_file(os, path, 64u << 10);
  if (!text) return {};
  return text->substr(0, text->find_first_of(std::string_view("\n\0", 2)));
}

/// Ended, and only waiting for its parent to take notice: it still has a label, and does nothing any more.
bool has_ended(Os& os, const std::string& task) {
  std::string stat = read_line(os, task + "/stat");  // `PID (NAME) STATE …`; a name may hold `)`
  std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && (stat[name_end + 2] == 'Z' || stat[name_end + 2] == 'X');
}

/// `LABEL (MODE)`, `unconfined`, or nothing.
std::string read_label(Os& os, const std::string& task) {
  auto text = read_line(os, task + "/attr/apparmor/current");
  // Kernels before 5.8 have only the file that all security modules shared.
  return text.empty() ? read_line(os, task + "/attr/current") : text;
}

std::optional<ConfinedProcess> parse_label(std::string_view text) {
  if (text.empty() || text == "unconfined") return std::nullopt;
  ConfinedProcess process;
  std::size_t open = text.rfind(" (");
  if (open != std::string_view::npos && text.ends_with(')')) {
    process.label = text.substr(0, open);
    process.mode = text.substr(open + 2, text.size() - open - 3);
  } else {
    process.label = text;
  }
  return process;
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool label_holds(std::string_view label, std::string_view profile) {
  while (!label.empty()) {
    std::size_t end = label.find("//&");
    std::string_view part = label.substr(0, end);
    if (part == profile) return true;
    if (part.size() > profile.size() && part.starts_with(profile) &&
        part.substr(profile.size()).starts_with("//"))
      return true;
    label = end == std::string_view::npos ? std::string_view() : label.substr(end + 3);
  }
  return false;
}

Result<std::vector<ConfinedProcess>> AppArmor::processes() const {
  auto entries = os_.list(roots_.proc);
  if (!entries) return tl::unexpected(std::move(entries.error()).in("cannot list processes"));
  std::vector<ConfinedProcess> found;
  for (const std::string& entry : *entries) {
    auto pid = number(entry);
    if (!pid) continue;
    std::string folder = roots_.proc + "/" + entry;
    std::vector<std::string> labels;  // one process, mostly one label
    auto take = [&](const std::string& task) {
      std::string text = read_label(os_, task);
      if (std::ranges::find(labels, text) != labels.end()) return;
      labels.push_back(text);
      if (auto process = parse_label(text); process && !has_ended(os_, task)) {
        process->pid = *pid;
        process->command = read_line(os_, folder + "/comm");
        found.push_back(std::move(*process));
      }
    };
    take(folder);
    for (const std::string& task : os_.list(folder + "/task").value_or(std::vector<std::string>()))
      if (task != entry) take(folder + "/task/" + task);
  }
  std::ranges::sort(found, {}, &ConfinedProcess::pid);
  return found;
}

}  // namespace bh::kernel
