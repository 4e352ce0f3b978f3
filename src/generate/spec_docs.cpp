// The reference page and the JSON Schema of a spec, from the table of keys.
#include <fmt/format.h>

#include "generate/floor.h"
#include "generate/spec_keys.h"
#include "generate/words.h"

namespace bh::generate {
namespace {

bool is_list(const Key& key) { return std::holds_alternative<ListSlot>(key.slot); }
bool is_flag(const Key& key) { return std::holds_alternative<FlagSlot>(key.slot); }
bool is_each(const Key& key) { return std::holds_alternative<EachSlot>(key.slot); }

std::string_view element(const Key& key) {
  switch (key.check) {
    case Check::path:
      return "path globs";
    case Check::capability:
      return "capabilities";
    case Check::protocol:
      return "protocols";
    case Check::family:
      return "address families";
    case Check::peer:
      return "profile names or globs";
    case Check::preamble_line:
    case Check::profile_line:
      return "lines";
    default:
      return "strings";
  }
}

std::string kind(const Key& key) {
  if (is_list(key)) return fmt::format("list of {}", element(key));
  if (is_flag(key)) return "`true` or `false`";
  if (is_each(key)) return "an action, or a list of them";
  if (!key.choices.empty()) return fmt::format("`\"{}\"`", fmt::join(key.choices, "\"`, `\""));
  return "string";
}

// ---- JSON Schema. JSON is written by hand here: the shape is small and fixed, and all strings in it are our
// own.

std::string json(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string string_schema(const Key& key) {
  auto words = [](std::span<const std::string_view> list) {
    std::string out;
    for (std::string_view word : list) out += (out.empty() ? "" : ", ") + json(word);
    return fmt::format("{{ \"enum\": [{}] }}", out);
  };
  switch (key.check) {
    case Check::path:
      return "{ \"$ref\": \"#/definitions/path\" }";
    case Check::protocol:
      return words(protocol_names());
    case Check::family:
      return words(family_names());
    case Check::capability:
      return "{ \"$ref\": \"#/definitions/capability\" }";
    case Check::name:
      return "{ \"type\": \"string\", \"pattern\": \"^[A-Za-z0-9._+-]+$\" }";
    case Check::preamble_line:
    case Check::profile_line:
      return "{ \"type\": \"string\", \"pattern\": \"^[^\\\\n]+$\" }";
    default:
      return key.choices.empty() ? "{ \"type\": \"string\", \"minLength\": 1 }" : words(key.choices);
  }
}

std::string value_schema(const Key& key) {
  std::string one = string_schema(key);
  std::string list = fmt::format("{{ \"type\": \"array\", \"items\": {} }}", one);
  std::string body = is_list(key)   ? list
                     : is_flag(key) ? "{ \"type\": \"boolean\" }"
                     : is_each(key) ? fmt::format("{{ \"oneOf\": [{}, {}] }}", one, list)
                                    : one;
  // The description goes beside what the value must be.
  return fmt::format("{{ \"description\": {}, \"allOf\": [{}] }}", json(key.text), body);
}

std::string properties(std::string_view table, std::string_view indent) {
  std::string out;
  for (const Key& key : spec_keys()) {
    bool here =
        key.table == table || (key.also == "top" ? table.empty() : !key.also.empty() && key.also == table);
    if (here)
      out += fmt::format("{}{}{}: {}", out.empty() ? "" : ",\n", indent, json(key.name), value_schema(key));
  }
  return out;
}

}  // namespace

std::string spec_schema_json() {
  std::string out =
      "{\n"
      "  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
      "  \"title\": \"bulkhead spec\",\n"
      "  \"description\": \"What a container may do. Keys are the same in any case; this schema has them as "
      "the reference spells them.\",\n"
      "  \"type\": \"object\",\n"
      "  \"required\": [\"Name\"],\n"
      "  \"properties\": {\n";
  out += properties("", "    ");
  for (const Table& table : spec_tables()) {
    if (table.name.empty()) continue;
    std::string inner =
        fmt::format("\"type\": \"object\", \"description\": {}, \"properties\": {{\n{}\n    }}",
                    json(table.text), properties(table.name, "      "));
    out += table.repeated ? fmt::format(",\n    {}: {{ \"type\": \"array\", \"items\": {{ {} }} }}",
                                        json(table.name), inner)
                          : fmt::format(",\n    {}: {{ {} }}", json(table.name), inner);
  }
  out += "\n  },\n  \"definitions\": {\n";
  out +=
      "    \"path\": { \"type\": \"string\", \"pattern\": \"^(/|@\\\\{)[^\\\\x00-\\\\x1f\\\\x7f]*$\", "
      "\"description\": \"a path glob as in apparmor.d(5)\" },\n";
  out += "    \"capability\": { \"type\": \"string\", \"pattern\": \"^([Cc][Aa][Pp]_)?(";
  bool first = true;
  for (std::string_view name : capability_names()) {
    out += first ? "" : "|";
    for (char c : name)
      out += c == '_' ? std::string("_") : fmt::format("[{}{}]", static_cast<char>(c - 'a' + 'A'), c);
    first = false;
  }
  out += ")$\" }\n  }\n}\n";
  return out;
}

std::string spec_reference_markdown() {
  std::string out =
      "# The spec\n\n"
      "<!-- Made from the table of keys (src/generate/spec_keys.cpp). UPDATE=1 generate_test writes it anew. "
      "-->\n\n"
      "A spec is a TOML file that says what a container may do. `bulkhead generate` makes profile text of "
      "it, `bulkhead apply` loads and "
      "keeps that. Files for bane are specs as they are. Keys and tables are the same in any case; unknown "
      "ones are warned about and "
      "ignored. `docs/spec.schema.json` describes the same for editors.\n\n"
      "```toml\nName = \"nginx\"\n\n[Filesystem]\nWritablePaths = [\"/var/log/nginx/**\", "
      "\"/run/nginx.pid\"]\nAllowExec = [\"/usr/sbin/nginx\"]\n\n"
      "[[Expect]]\nDeny = \"exec /bin/sh\"\n```\n";
  for (const Table& table : spec_tables()) {
    out += table.name.empty() ? "\n## Top of the file\n\n"
           : table.repeated   ? fmt::format("\n## [[{}]]\n\n", table.name)
                              : fmt::format("\n## [{}]\n\n", table.name);
    out += fmt::format("{}\n", table.text);
    for (const Key& key : spec_keys()) {
      if (key.table != table.name) continue;
      out += fmt::format("\n### {}\n\n{}{}", key.name, kind(key), key.bane ? "" : " (not in bane)");
      if (!key.absent.empty()) out += fmt::format("; without it: {}", key.absent);
      out += fmt::format(".\n{}\n\n```toml\n{} = {}\n```\n", key.text, key.name, key.example);
      if (!key.also.empty())
        out += fmt::format("\nAlso read at {}.\n",
                           key.also == "top" ? "the top of the file" : fmt::format("[{}]", key.also));
    }
  }
  out +=
      "\n## Paths\n\n"
      "Absolute, as they are inside the container. `*` stays in one folder, `**` does not; `?`, `[a-z]`, "
      "`[^a]` and `{a,b}` as in apparmor.d(5); `\\` "
      "takes a special character's meaning. `@{PROC}`, `@{pid}`, `@{HOME}`, `@{run}`, `@{sys}` and what "
      "Imports defines may be used.\n\n"
      "The kernel asks about the path that links lead to. Since `/bin` may or may not be a link to "
      "`/usr/bin`, each path there stands for both "
      "spellings (also `/sbin`, `/lib*`; `/run` and `/var/run`).\n\n"
      "## Always writable\n\n"
      "`/dev/{null,zero,full,random,urandom,tty,console,ptmx}`, `/dev/pts/*`, and processes' own "
      "`/proc/PID/{comm,oom_score_adj,task/*/comm}`, also inside "
      "`ReadOnlyPaths`. (A library's name does not become writable by lying under `/dev/pts`.)\n\n"
      "## The floor\n\nDenied whatever the lists say, unless `Floor = \"custom\"`. `r` read, `w` write, `l` "
      "link, `k` lock, `x` run, `m` map as code.\n\n"
      "| path | denied | why |\n| --- | --- | --- |\n";
  for (const FloorRule& rule : floor_rules()) {
    std::string path(rule.path);
    for (std::size_t at = 0; (at = path.find('|', at)) != std::string::npos; at += 2) path.insert(at, "\\");
    out += fmt::format("| `{}` | {} | {} |\n", path, rule.perms, rule.why);
  }
  out += fmt::format(
      "\nThe container's own settings, `{}`, can be asked for in `WritablePaths`. Crypto sockets (`alg`) are "
      "denied too, and mounting, "
      "unmounting, pivot_root and changing the profile are never allowed.\n",
      namespaced_settings().text);
  out +=
      "\n## What AppArmor cannot promise\n\n"
      "* The first program that the runtime or `docker exec` starts is not asked about, nor is the "
      "interpreter of a script that may run: AppArmor asks "
      "processes that are already confined. `AllowExec` and `DenyExec` govern what those start.\n"
      "* Removing a profile in use leaves its processes unconfined.\n"
      "* User namespaces, io_uring and connecting to unix sockets are mediated by newer kernels only (6.7, "
      "6.7 and "
      "6.17), and only under the `abi` that has words for them (4.0, 5.0, 5.0). bulkhead chooses the newest "
      "that the "
      "kernel has a use for and the host's apparmor_parser reads, and says what that leaves out.\n"
      "* `Raw = false` does not stop ping where `net.ipv4.ping_group_range` is open, as Docker sets it.\n";
  return out;
}

}  // namespace bh::generate
