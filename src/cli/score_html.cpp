#include "cli/score_html.h"

#include <fmt/format.h>

#include "app/version.h"
#include "report/html.h"

namespace bh::cli {
namespace {

using query::RowKind;
using query::RowOutcome;
using report::html;

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1c2126; --soft: #59636e; --page: #fff; --line: #d5dae0; --head: #f3f5f7;
  --good: #1a6e35; --good-back: #e3f4e7; --bad: #a3161d; --bad-back: #fde7e7; --half: #7a4b00; --half-back: #fcf0d4; }
@media (prefers-color-scheme: dark) { :root { --text: #e3e7eb; --soft: #9ba6b1; --page: #14181c; --line: #353c44;
  --head: #1d2329; --good: #7fd696; --good-back: #12301c; --bad: #ff9d9d; --bad-back: #411a1d; --half: #f2c76e;
  --half-back: #3a2d10; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
p { max-width: 70ch; margin: .5rem 0; }
.soft { color: var(--soft); }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; }
.wide:focus-visible, summary:focus-visible { outline: 3px solid var(--half); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding: .6rem .8rem; font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem; border-top: 1px solid var(--line); }
thead th { background: var(--head); white-space: nowrap; }
tbody th[scope=row] { font-weight: 400; min-width: 19rem; max-width: 34rem; background: var(--page); position: sticky; left: 0; }
tbody th[scope=rowgroup] { background: var(--head); }
td { white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); font-weight: 600; }
.half { color: var(--half); background: var(--half-back); }
.none { color: var(--soft); }
.id { display: inline-block; min-width: 2.6rem; color: var(--soft); font-variant-numeric: tabular-nums; }
summary { cursor: pointer; }
dl { margin: .4rem 0 .2rem 1rem; font-size: .875rem; }
dt { color: var(--soft); }
dd { margin: 0 0 .3rem 1rem; overflow-wrap: anywhere; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .9em; }
.bar { display: block; width: 12rem; height: .5rem; margin-top: .3rem; background: var(--bad-back); border-radius: .25rem; }
.bar i { display: block; height: 100%; background: var(--good); border-radius: .25rem; }
@media print { body { padding: 0; font-size: 10pt; } .wide { overflow: visible; border: 0; } tr { break-inside: avoid; } }
)";

/// Good news, bad news, or neither.
std::string_view class_of(const query::RowScore& row) {
  switch (row.outcome) {
    case RowOutcome::elsewhere:
      return "none";
    case RowOutcome::not_mediated:
      return row.row->kind == RowKind::function ? "good" : "half";
    case RowOutcome::partly:
      return row.row->kind == RowKind::function ? "bad" : "half";
    default:
      return row.good() ? "good" : "bad";
  }
}

/// The same in a sign and words, for those who see no colours.
std::string cell_text(const query::RowScore& row) {
  const bool function = row.row->kind == RowKind::function;
  switch (row.outcome) {
    case RowOutcome::blocked:
      return fmt::format("{} blocked{}", function ? "✗" : "✓", row.silent ? ", silently" : "");
    case RowOutcome::allowed:
      return function ? "✓ works" : "✗ allowed";
    case RowOutcome::partly:
      return "◐ partly";
    case RowOutcome::not_mediated:
      return function ? "✓ not asked" : "– not mediated";
    case RowOutcome::elsewhere:
      return "– not by rules";
  }
  return "";
}

std::string bar(std::size_t good, std::size_t all) {
  return fmt::format("{} of {}<span class=\"bar\" aria-hidden=\"true\"><i style=\"width: {}%\"></i></span>",
                     good, all, all == 0 ? 0 : good * 100 / all);
}

class Page {
 public:
  explicit Page(const app::ScoreReport& report) : report_(report) {}

  std::string make() {
    head();
    totals();
    put("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"The catalogue, row by "
        "row\">\n<table>\n"
        "<caption>The catalogue, row by row</caption>\n");
    columns("Attack or function");
    part(RowKind::attack, "Attacks: a profile should block them");
    part(RowKind::function, "Functions: a container needs them");
    put("</table>\n</div>\n");
    legend();
    put("</body>\n</html>\n");
    return std::move(out_);
  }

 private:
  void put(std::string_view text) { out_ += text; }
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void head() {
    std::string titles;
    for (const app::ScoredProfile& profile : report_.profiles)
      titles += (titles.empty() ? "" : ", ") + profile.title;
    print(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\">\n<title>AppArmor score: "
        "{}</title>\n<style>{}</style>\n"
        "</head>\n<body>\n<h1>What AppArmor profiles stop, and what they let work</h1>\n",
        html(titles), style);
    print(
        "<p>Each profile was compiled{} and asked every action of a catalogue of attacks on containers, and "
        "of "
        "the functions that containers need. One column without the other says nothing.</p>\n",
        report_.features.empty() ? "" : html(fmt::format(" for {}", report_.features)));
    print(
        "<p class=\"soft\">Only AppArmor is judged: seccomp, capabilities, masked paths and namespaces may "
        "stop "
        "more. Open a row for what it stands for and which rules decided. Made by bulkhead {}.</p>\n",
        html(app::version()));
  }

  void columns(std::string_view first) {
    print("<thead>\n<tr><th scope=\"col\">{}</th>", html(first));
    for (const app::ScoredProfile& profile : report_.profiles) {
      print("<th scope=\"col\">{}", html(profile.title));
      if (profile.name != profile.title) print("<br><small class=\"soft\">{}</small>", html(profile.name));
      put("</th>");
    }
    put("</tr>\n</thead>\n");
  }

  void totals() {
    put("<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Totals\">\n<table>\n<caption>Totals"
        "</caption>\n");
    columns("");
    put("<tbody>\n<tr><th scope=\"row\">Attacks blocked</th>");
    for (const app::ScoredProfile& profile : report_.profiles)
      print("<td>{}</td>", bar(profile.score.attacks_blocked, profile.score.attacks));
    put("</tr>\n<tr><th scope=\"row\">Functions kept</th>");
    for (const app::ScoredProfile& profile : report_.profiles)
      print("<td>{}</td>", bar(profile.score.functions_kept, profile.score.functions));
    put("</tr>\n</tbody>\n</table>\n</div>\n");
  }

  void part(RowKind kind, std::string_view heading) {
    print("<tbody>\n<tr><th scope=\"rowgroup\" colspan=\"{}\">{}</th></tr>\n", report_.profiles.size() + 1,
          html(heading));
    const auto catalogue = query::catalogue();
    for (std::size_t row = 0; row < catalogue.size(); ++row)
      if (catalogue[row].kind == kind) line(catalogue[row], row);
    put("</tbody>\n");
  }

  void line(const query::CatalogueRow& row, std::size_t index) {
    print(
        "<tr id=\"{0}\"><th scope=\"row\"><details><summary><span class=\"id\">{0}</span> "
        "{1}</summary>\n<dl>",
        html(row.id), html(row.title));
    item("stands for", html(row.stands_for));
    if (!row.questions.empty()) {
      std::string asked;
      std::string_view rest = row.questions;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        asked += fmt::format("{}<code>{}</code>", asked.empty() ? "" : ", ", html(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
      item("asked", asked);
    }
    item(row.kind == RowKind::attack ? "what blocks it" : "what allows it",
         fmt::format("<code>{}</code>", html(row.remedy)));
    for (const app::ScoredProfile& profile : report_.profiles) decided(profile, index);
    put("</dl></details></th>");
    for (const app::ScoredProfile& profile : report_.profiles) {
      const query::RowScore& scored = profile.score.rows[index];
      print("<td class=\"{}\">{}</td>", class_of(scored), html(cell_text(scored)));
    }
    put("</tr>\n");
  }

  void item(std::string_view term, std::string_view inner) {
    print("<dt>{}</dt><dd>{}</dd>", html(term), inner);
  }

  void decided(const app::ScoredProfile& profile, std::size_t index) {
    std::string lines;
    for (const std::string& each : profile.deciding[index])
      lines += fmt::format("{}<code>{}</code>", lines.empty() ? "" : "<br>", html(each));
    if (!lines.empty()) item(fmt::format("decided in {} by", profile.title), lines);
  }

  void legend() {
    put("<p class=\"soft\">blocked: every action of the row is refused; silently: without a line in the log. "
        "partly: "
        "some of them. not mediated: this kernel, or the profile’s abi, does not ask the profile. not by "
        "rules: "
        "flags, other layers or a running container decide.</p>\n");
  }

  const app::ScoreReport& report_;
  std::string out_;
};

}  // namespace

std::string to_html(const app::ScoreReport& report) { return Page(report).make(); }

}  // namespace bh::cli
