#include "audit/secrets.h"

#include <algorithm>
#include <array>
#include <optional>

#include "audit/host_fs.h"

namespace bh::audit {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_token(char c) { return is_alnum(c) || c == '_' || c == '-' || c == '.'; }

/// Tokens whose form alone gives them away: a prefix and at least so many characters after it.
struct TokenForm {
  std::string_view prefix;
  std::size_t length;
  std::string_view what;
};
constexpr TokenForm token_forms[] = {
    {"AKIA", 16, "an AWS access key id"},    {"ASIA", 16, "an AWS access key id"},
    {"ghp_", 36, "a GitHub token"},          {"gho_", 36, "a GitHub token"},
    {"ghs_", 36, "a GitHub token"},          {"github_pat_", 22, "a GitHub token"},
    {"glpat-", 20, "a GitLab token"},        {"xoxb-", 20, "a Slack token"},
    {"xoxp-", 20, "a Slack token"},          {"AIza", 35, "a Google API key"},
    {"sk_live_", 20, "a Stripe key"},        {"npm_", 36, "an npm token"},
    {"SWMTKN-1-", 40, "a swarm join token"}, {"SWMKEY-1-", 20, "a swarm unlock key"},
};

struct Found {
  std::size_t begin;
  std::size_t end;
  std::string_view what;
};

std::optional<Found> known_form(std::string_view text) {
  for (const auto& form : token_forms) {
    for (auto at = text.find(form.prefix); at != std::string_view::npos;
         at = text.find(form.prefix, at + 1)) {
      if (at > 0 && is_alnum(text[at - 1])) continue;
      auto end = at + form.prefix.size();
      while (end < text.size() && is_token(text[end])) ++end;
      if (end - at - form.prefix.size() >= form.length) return Found{at, end, form.what};
    }
  }
  if (auto at = text.find("-----BEGIN "); at != std::string_view::npos) {
    auto key = text.find("PRIVATE KEY-----", at);
    if (key != std::string_view::npos && key - at < 40) return Found{at, text.size(), "a private key"};
  }
  return std::nullopt;
}

bool named_like_a_secret(std::string_view key) {
  std::string name;
  std::ranges::transform(key, std::back_inserter(name), upper);
  constexpr std::array<std::string_view, 12> parts = {"PASSWORD",    "PASSWD",     "PASSPHRASE", "SECRET",
                                                      "TOKEN",       "APIKEY",     "API_KEY",    "ACCESS_KEY",
                                                      "PRIVATE_KEY", "CREDENTIAL", "AUTH_KEY",   "_PASS"};
  // A name that says where the secret is, or how it is used, holds none.
  constexpr std::array<std::string_view, 8> harmless = {"_FILE", "_PATH",   "_URL",    "_URI",
                                                        "_DIR",  "_LENGTH", "_EXPIRY", "_TTL"};
  if (std::ranges::any_of(harmless, [&](auto end) { return name.ends_with(end); })) return false;
  return name == "PASS" || name == "PWD_SECRET" ||
         std::ranges::any_of(parts, [&](auto part) { return name.find(part) != std::string::npos; });
}

bool is_placeholder(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  if (value.empty() || value.front() == '/' || value.front() == '$' || value.front() == '<' ||
      value.starts_with("./"))
    return true;
  constexpr std::array<std::string_view, 10> words = {"true", "false", "none", "null",   "yes",
                                                      "no",   "0",     "1",    "random", "*"};
  return std::ranges::find(words, value) != words.end() ||
         value.find_first_not_of("*xX") == std::string_view::npos;
}

std::string mark(std::string_view what) { return fmt::format("{}{}]", redaction_mark, what); }

/// scheme://user:password@host
bool has_password(std::string_view url) {
  auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  auto authority = url.substr(scheme + 3);
  authority = authority.substr(0, authority.find('/'));
  auto at = authority.rfind('@');
  auto colon = authority.find(':');
  return at != std::string_view::npos && colon < at &&
         !is_placeholder(authority.substr(colon + 1, at - colon - 1));
}

/// The value, or the mark in its place.
std::string redact_value(std::string_view key, std::string_view value) {
  if (value.starts_with(redaction_mark)) return std::string(value);
  if (auto found = known_form(value)) return mark(found->what);
  if (named_like_a_secret(key) && !is_placeholder(value)) return mark("a value under a name for secrets");
  if (has_password(value)) return mark("a URL with a password");
  return std::string(value);
}

}  // namespace

std::string redact_assignment(std::string_view assignment) {
  auto equals = assignment.find('=');
  if (equals == std::string_view::npos) return redact_text(assignment);
  auto key = assignment.substr(0, equals);
  auto value = redact_value(key, assignment.substr(equals + 1));
  // --log-opt=splunk-token=…: an assignment in an assignment.
  if (auto inner = value.find('='); inner != std::string::npos && !value.starts_with(redaction_mark)) {
    auto inner_key = std::string_view(value).substr(0, inner);
    value =
        fmt::format("{}={}", inner_key, redact_value(inner_key, std::string_view(value).substr(inner + 1)));
  }
  return fmt::format("{}={}", key, value);
}

std::string redact_text(std::string_view text) {
  std::string out;
  // Word by word, blanks kept: a secret in a command line is an assignment (ENV, ARG, X=y cmd, --flag=value)
  // or a known form.
  while (!text.empty()) {
    auto begin = std::min(text.find_first_not_of(" \t\n"), text.size());
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    auto end = std::min(text.find_first_of(" \t\n"), text.size());
    auto word = text.substr(0, end);
    text.remove_prefix(end);
    if (auto found = known_form(word)) {
      out += word.substr(0, found->begin);
      out += mark(found->what);
      out += word.substr(found->end);
    } else if (word.find('=') != std::string_view::npos) {
      out += redact_assignment(word);
    } else if (has_password(word)) {
      out += mark("a URL with a password");
    } else {
      out += word;
    }
  }
  if (auto found = known_form(out))
    out = out.substr(0, found->begin) + mark(found->what) + out.substr(found->end);
  return out;
}

void redact(docker::Config& config) {
  for (auto& assignment : config.env) assignment = redact_assignment(assignment);
  for (auto& word : config.cmd) word = redact_text(word);
  for (auto& word : config.entrypoint) word = redact_text(word);
  for (auto& [key, value] : config.labels) value = redact_value(key, value);
  if (config.healthcheck)
    for (auto& word : config.healthcheck->test) word = redact_text(word);
}

void redact(Daemon& daemon) {
  for (auto* list : {&daemon.argv, &daemon.unit_argv})
    for (auto& word : *list) word = redact_text(word);
  for (auto& [key, setting] : daemon.settings)
    for (auto& value : setting.values)
      value =
          value.find('=') == std::string::npos ? redact_value(key, redact_text(value)) : redact_text(value);
}

void redact(ContainerFacts& container) {
  if (!container.inspect.value) return;
  redact(container.inspect.value->config);
  for (auto& [key, value] : container.inspect.value->host_config.log_config.config)
    value = redact_value(key, value);
  for (auto& word : container.inspect.value->args) word = redact_text(word);
  for (auto& exec : container.execs)
    for (auto& word : exec.process_config.arguments) word = redact_text(word);
}

void redact(ImageFacts& image) {
  if (image.inspect.value) redact(image.inspect.value->config);
  if (image.history.value)
    for (auto& entry : *image.history.value) entry.created_by = redact_text(entry.created_by);
}

void redact(SwarmFacts& swarm) {
  if (!swarm.services.value) return;
  for (auto& service : *swarm.services.value)
    for (auto& assignment : service.spec.task_template.container_spec.env)
      assignment = redact_assignment(assignment);
}

}  // namespace bh::audit
