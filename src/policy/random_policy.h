// For tests: random valid profiles as rapidcheck generators (seeded, shrinking). They hold every kind of
// rule, with words that mean something to each other (few names, so that rules overlap).
#pragma once

#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "policy/ast.h"
#include "policy/words.h"

namespace bh::policy::random {

inline Text text(std::string value, bool quoted = false) { return {std::move(value), {}, quoted}; }

inline rc::Gen<std::string> one_of(std::vector<std::string> words) {
  return rc::gen::elementOf(std::move(words));
}

inline rc::Gen<std::string> word_of(Words words) {
  std::vector<std::string> names;
  for (const Word& word : words) names.emplace_back(word.name);
  return rc::gen::elementOf(std::move(names));
}

inline rc::Gen<Text> path() {
  auto part = one_of({"a", "b", "ab", "*", "**", "a*", "?", "[ab]", "[^b]", "{a,b}", "{,a}b", "{a,{b,c}}",
                      "\\*", "a\\ b", "\\101"});
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(part), [](std::vector<std::string> parts) {
    if (parts.size() > 4) parts.resize(4);
    std::string out = parts.empty() ? "/" : "";
    for (const std::string& one : parts) out += "/" + one;
    return text(std::move(out));
  });
}

inline rc::Gen<Text> label() {
  return rc::gen::map(one_of({"a", "a//b", "/usr/bin/a", "unconfined", "a*", ":ns:b", "a\\ b"}),
                      [](std::string s) { return text(std::move(s)); });
}

inline Qualifiers any_qualifiers(bool owner, bool deny = true) {
  Qualifiers q;
  q.audit = *rc::gen::element(false, false, true);
  if (deny && *rc::gen::element(false, false, true)) {
    q.access = Access::deny;
    q.access_stated = true;
  }
  if (owner) q.owner = *rc::gen::element(Owner::any, Owner::any, Owner::owner, Owner::other);
  if (*rc::gen::element(false, false, false, true)) {
    q.priority = *rc::gen::inRange(-3, 4);
    q.priority_stated = true;
  }
  return q;
}

inline Condition condition(std::string key, std::vector<Text> values, bool in = false) {
  return {text(std::move(key)), in, false, std::move(values)};
}

inline Rule file_rule() {
  Rule rule;
  rule.qualifiers = any_qualifiers(true);
  FileRule file;
  file.path = *path();
  file.perms = static_cast<std::uint8_t>(*rc::gen::inRange(1, 128));
  if (file.perms & perm_write) file.perms &= static_cast<std::uint8_t>(~perm_append);
  if (file.perms & perm_exec && rule.qualifiers.access != Access::deny) {
    using Kind = ExecTransition::Kind;
    using Fallback = ExecTransition::Fallback;
    file.exec.kind = *rc::gen::element(Kind::inherit, Kind::unconfined, Kind::profile, Kind::child);
    bool moves = file.exec.kind == Kind::profile || file.exec.kind == Kind::child;
    if (moves)
      file.exec.fallback = *rc::gen::element(Fallback::none, Fallback::inherit, Fallback::unconfined);
    if (file.exec.kind != Kind::inherit) file.exec.scrub = *rc::gen::arbitrary<bool>();
    if (moves && *rc::gen::arbitrary<bool>())
      file.target =
          *rc::gen::map(one_of({"a", "b", "a//b"}), [](std::string s) { return text(std::move(s)); });
  }
  rule.body = std::move(file);
  return rule;
}

inline ClassRule class_body(RuleClass kind) {
  ClassRule rule;
  rule.kind = kind;
  auto maybe = [] { return *rc::gen::arbitrary<bool>(); };
  auto word = [](std::vector<std::string> of) { return text(*one_of(std::move(of))); };
  auto some_access = [&](std::vector<std::string> of) {
    for (const std::string& access : of)
      if (maybe()) rule.access.push_back(text(access));
  };
  switch (kind) {
    case RuleClass::network:
      some_access({"send", "receive", "connect"});
      if (maybe()) {
        rule.words = {text(*word_of(network_families()))};
        if (maybe()) rule.words.push_back(word({"stream", "dgram", "raw"}));
      } else if (maybe()) {
        rule.conditions.push_back(condition("ip", {word({"10.0.0.1", "::1", "none"})}));
        if (maybe()) rule.conditions.push_back(condition("port", {word({"80", "1024-2048"})}));
        if (maybe()) rule.peer.push_back(condition("port", {word({"0", "443"})}));
      }
      break;
    case RuleClass::mount:
      if (maybe())
        rule.conditions.push_back(condition("fstype", {word({"ext4", "tmpfs"}), word({"xfs", "nfs*"})}));
      if (maybe())
        rule.conditions.push_back(
            condition("options", {word({"ro", "rw"}), word({"nosuid", "noexec"})}, maybe()));
      if (maybe()) rule.source = *path();
      if (maybe()) rule.target = *path();
      break;
    case RuleClass::remount:
    case RuleClass::umount:
      if (maybe()) rule.target = *path();
      break;
    case RuleClass::pivot_root:
      if (maybe()) rule.conditions.push_back(condition("oldroot", {*path()}));
      if (maybe()) rule.words = {*path()};
      break;
    case RuleClass::signal:
      some_access({"send", "receive"});
      if (maybe())
        rule.conditions.push_back(
            condition("set", {text(*word_of(signals())), word({"rtmin+0", "rtmin+32", "kill"})}));
      if (maybe()) rule.peer.push_back(condition("label", {*label()}));
      break;
    case RuleClass::ptrace:
      some_access({"read", "readby", "trace", "tracedby"});
      if (maybe()) rule.peer.push_back(condition("label", {*label()}));
      break;
    case RuleClass::unix:
      some_access({"send", "receive", "connect"});
      if (maybe()) rule.conditions.push_back(condition("type", {word({"stream", "dgram", "seqpacket"})}));
      if (maybe())
        rule.conditions.push_back(condition("addr", {word({"none", "auto", "@a", "@a*", "@\\000b"})}));
      if (maybe()) rule.peer.push_back(condition("label", {*label()}));
      break;
    case RuleClass::dbus:
      some_access({"send", "receive"});
      if (maybe()) rule.conditions.push_back(condition("bus", {word({"system", "session"})}));
      if (maybe()) rule.conditions.push_back(condition("path", {word({"/a", "/a/**"})}));
      if (maybe()) rule.conditions.push_back(condition("member", {word({"Get", "{Get,Set}"})}));
      if (maybe()) rule.peer.push_back(condition("name", {word({"org.a", "org.*"})}));
      break;
    case RuleClass::userns:
      some_access({"create"});
      break;
    case RuleClass::io_uring:
      some_access({"sqpoll", "override_creds"});
      if (maybe()) rule.conditions.push_back(condition("label", {*label()}));
      break;
    case RuleClass::mqueue:
      some_access({"create", "open", "read", "write", "delete", "getattr", "setattr"});
      if (maybe()) rule.words = {word({"/a", "/b*", "1234"})};
      break;
    case RuleClass::all:
      break;
  }
  return rule;
}

inline Rule other_rule() {
  Rule rule;
  switch (*rc::gen::inRange(0, 8)) {
    case 0: {
      rule.qualifiers = any_qualifiers(true);
      rule.body = LinkRule{*rc::gen::arbitrary<bool>(), *path(), *path()};
      return rule;
    }
    case 1: {
      rule.qualifiers = any_qualifiers(false);
      CapabilityRule capability;
      capability.names = {text(*word_of(capabilities()))};
      rule.body = std::move(capability);
      return rule;
    }
    case 2: {
      rule.qualifiers = any_qualifiers(false);
      ChangeProfileRule change;
      if (*rc::gen::arbitrary<bool>()) change.exec = *path();
      if (*rc::gen::arbitrary<bool>()) change.target = *label();
      rule.body = std::move(change);
      return rule;
    }
    case 3:
      rule.body = RlimitRule{text(*one_of({"nofile", "nproc"})), text(*one_of({"10", "0", "infinity"}))};
      return rule;
    default: {
      auto kind = static_cast<RuleClass>(*rc::gen::inRange(0, static_cast<int>(RuleClass::all) + 1));
      rule.qualifiers = any_qualifiers(false);
      if (kind == RuleClass::all || kind == RuleClass::network) rule.qualifiers.priority_stated = false;
      if (kind == RuleClass::all || kind == RuleClass::network) rule.qualifiers.priority = 0;
      rule.body = class_body(kind);
      return rule;
    }
  }
}

/// A rule of any kind; about half of them are file rules.
inline rc::Gen<Rule> rule() {
  return rc::gen::exec([] { return *rc::gen::arbitrary<bool>() ? file_rule() : other_rule(); });
}

/// `profile NAME ATTACHMENT flags=(…) { rules }`.
inline rc::Gen<Profile> profile(std::string name) {
  return rc::gen::exec([name] {
    Profile out;
    out.keyword = true;
    out.name = text(name);
    if (*rc::gen::arbitrary<bool>()) out.attachment = *path();
    if (*rc::gen::element(false, false, true))
      out.flags.push_back({text(*one_of({"complain", "enforce", "kill"})), std::nullopt});
    if (*rc::gen::element(false, false, true))
      out.flags.push_back({text("attach_disconnected"), std::nullopt});
    out.body = std::make_unique<Block>();
    for (Rule& one : *rc::gen::container<std::vector<Rule>>(rule()))
      out.body->nodes.emplace_back(std::move(one));
    return out;
  });
}

}  // namespace bh::policy::random
