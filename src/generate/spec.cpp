#include "generate/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "diag/suggest.h"
#include "doc/toml.h"
#include "generate/spec_check.h"
#include "generate/spec_keys.h"
#include "generate/words.h"

namespace bh::generate {
namespace {

using diag::Code;
using diag::Span;

std::string table_title(std::string_view table) {
  return table.empty() ? "the top of the file" : fmt::format("[{}]", table);
}

class SpecReader {
 public:
  SpecReader(const diag::SourceMap& sources, diag::SourceId source, const doc::Tree& tree, diag::Sink& sink)
      : sources_(sources), tree_(tree), sink_(sink) {
    spec_.source = source;
  }

  /// `named`: a spec that has to have a Name; else a file of expectations, that has to have some.
  std::optional<Spec> read(bool named) {
    std::size_t errors = sink_.errors();
    for (const doc::Member& member : tree_.node(tree_.root()).members) {
      if (const Table* table = table_named(member.key))
        read_table(*table, member);
      else
        read_member("", member);
    }
    if (!named && spec_.expectations.empty() && sink_.errors() == errors)
      sink_.report(Code::no_expectation, {spec_.source, 0, 0}, "there is no [[Expect]] in this file")
          .with_help("write [[Expect]] on a line of its own, and Allow = [\"…\"] or Deny = [\"…\"] below it");
    if (named && spec_.name.text.empty() && sink_.errors() == errors)
      sink_.report(Code::no_name, {spec_.source, 0, 0}, "the spec has no Name")
          .with_help("put a line like Name = \"web\" at its top; the profile will be called docker-web");
    if (sink_.errors() > errors) return std::nullopt;
    return std::move(spec_);
  }

 private:
  static const Table* table_named(std::string_view name) {
    for (const Table& table : spec_tables())
      if (!table.name.empty() && lower(table.name) == lower(name)) return &table;
    return nullptr;
  }

  /// The key as it is known in `table` (or read there too).
  static const Key* key_named(std::string_view table, std::string_view name) {
    for (const Key& key : spec_keys()) {
      bool here =
          key.table == table || (key.also == "top" ? table.empty() : !key.also.empty() && key.also == table);
      if (here && lower(key.name) == lower(name)) return &key;
    }
    return nullptr;
  }

  void wrong_type(std::string_view name, Span span, std::string_view wanted, const doc::Node& got,
                  std::string help = "") {
    sink_
        .report(Code::wrong_type, span,
                fmt::format("{} must be {}, not {}", name, wanted, doc::describe(got.kind)))
        .with_help(std::move(help));
  }

  void read_table(const Table& table, const doc::Member& member) {
    const doc::Node& node = tree_.node(member.value);
    if (!table.repeated) {
      if (node.kind != doc::Kind::table)
        wrong_type(table.name, node.span, "a table", node,
                   fmt::format("write [{}] on a line of its own", table.name));
      else
        read_members(table.name, node);
      return;
    }
    if (node.kind != doc::Kind::array) {
      wrong_type(table.name, node.span, "a list of tables", node,
                 fmt::format("write [[{}]] on a line of its own", table.name));
      return;
    }
    for (doc::NodeId item : node.items) {
      const doc::Node& entry = tree_.node(item);
      if (entry.kind != doc::Kind::table)
        wrong_type(table.name, entry.span, "a list of tables", entry,
                   fmt::format("write [[{}]] on a line of its own", table.name));
      else
        read_members(table.name, entry);
    }
  }

  void read_members(std::string_view table, const doc::Node& node) {
    if (table == "Network") spec_.network.table = node.span;
    if (table == "Expect") seen_.clear();
    for (const doc::Member& member : node.members) read_member(table, member);
  }

  void read_member(std::string_view table, const doc::Member& member) {
    const Key* key = key_named(table, member.key);
    if (!key) return unknown(table, member);
    auto [first, fresh] = seen_.emplace(key, member.key_span);
    if (!fresh) {
      sink_
          .report(Code::duplicate_key, member.key_span,
                  fmt::format("{} is given twice (keys are the same in any case)", key->name))
          .label(first->second, "first here");
      return;
    }
    const doc::Node& node = tree_.node(member.value);
    std::visit([&](auto slot) { read_value(*key, slot, member, node); }, key->slot);
  }

  void unknown(std::string_view table, const doc::Member& member) {
    const doc::Node& node = tree_.node(member.value);
    bool is_table = node.kind == doc::Kind::table || (node.kind == doc::Kind::array && !node.items.empty() &&
                                                      tree_.node(node.items[0]).kind == doc::Kind::table);
    if (table.empty() && is_table) {
      std::vector<std::string_view> names;
      for (const Table& known : spec_tables())
        if (!known.name.empty()) names.push_back(known.name);
      report_unknown(Code::unknown_table, member.key_span,
                     fmt::format("no table is called [{}]; it is ignored", member.key), member.key, names);
      return;
    }
    for (const Key& key : spec_keys())
      if (lower(key.name) == lower(member.key) && key.table != table) {
        sink_
            .report(Code::misplaced_key, member.key_span,
                    fmt::format("{} means nothing at {}; it is ignored", key.name, table_title(table)))
            .with_help(key.table.empty()
                           ? fmt::format("put {} at the top of the file, before the first [table]", key.name)
                           : fmt::format("put {} under [{}]", key.name, key.table));
        return;
      }
    std::vector<std::string_view> names;
    for (const Key& key : spec_keys())
      if (key.table == table) names.push_back(key.name);
    report_unknown(Code::unknown_key, member.key_span,
                   fmt::format("no key of {} is called {}; it is ignored", table_title(table), member.key),
                   member.key, names);
  }

  void report_unknown(Code code, Span span, std::string message, std::string_view word,
                      std::span<const std::string_view> names) {
    auto& report = sink_.report(code, span, std::move(message));
    if (auto near = diag::did_you_mean(word, names)) report.with_help(fmt::format("did you mean {}?", *near));
  }

  /// A string, checked for its key.
  std::optional<Entry> entry(const Key& key, const doc::Node& node) {
    Entry made{node.text, node.span};
    if (!check_entry(key.check, key.name, made, sources_, sink_)) return std::nullopt;
    return made;
  }

  void read_value(const Key& key, TextSlot slot, const doc::Member&, const doc::Node& node) {
    if (node.kind != doc::Kind::string) return wrong_type(key.name, node.span, "a string", node);
    if (auto made = entry(key, node)) slot(spec_) = std::move(*made);
  }

  void read_value(const Key& key, FlagSlot slot, const doc::Member&, const doc::Node& node) {
    if (node.kind != doc::Kind::boolean)
      return wrong_type(key.name, node.span, "true or false", node, "write it without quotes");
    slot(spec_) = Located<bool>{node.boolean, node.span};
  }

  void read_value(const Key& key, ChoiceSlot slot, const doc::Member&, const doc::Node& node) {
    if (node.kind != doc::Kind::string) return wrong_type(key.name, node.span, "a string", node);
    auto found = std::ranges::find(key.choices, lower(node.text));
    if (found != key.choices.end())
      return slot(spec_, static_cast<std::size_t>(found - key.choices.begin()), node.span);
    auto& report = sink_.report(Code::bad_choice, node.span,
                                fmt::format("{} must be one of \"{}\", not \"{}\"", key.name,
                                            fmt::join(key.choices, "\", \""), node.text));
    if (auto near = diag::did_you_mean(node.text, key.choices))
      report.with_help(fmt::format("did you mean \"{}\"?", *near));
  }

  void read_value(const Key& key, ListSlot slot, const doc::Member& member, const doc::Node& node) {
    if (node.kind != doc::Kind::array)
      return wrong_type(key.name, node.span, "a list of strings", node,
                        fmt::format("write {} = [\"…\"]", key.name));
    List list{member.key_span, {}};
    for (doc::NodeId item : node.items) {
      const doc::Node& value = tree_.node(item);
      if (value.kind != doc::Kind::string) {
        wrong_type(key.name, value.span, "a list of strings", value);
        continue;
      }
      if (auto made = entry(key, value)) {
        auto same = std::ranges::find(list.entries, made->text, &Entry::text);
        if (same != list.entries.end())
          sink_
              .report(Code::listed_twice, made->span,
                      fmt::format("`{}` is in {} twice", made->text, key.name))
              .label(same->span, "first here");
        list.entries.push_back(std::move(*made));
      }
    }
    slot(spec_) = std::move(list);
  }

  void read_value(const Key& key, EachSlot slot, const doc::Member&, const doc::Node& node) {
    auto one = [&](const doc::Node& value) {
      if (value.kind != doc::Kind::string)
        return wrong_type(key.name, value.span, "an action or a list of them", value);
      if (auto made = entry(key, value)) slot(spec_, std::move(*made));
    };
    if (node.kind != doc::Kind::array) return one(node);
    for (doc::NodeId item : node.items) one(tree_.node(item));
  }

  const diag::SourceMap& sources_;
  const doc::Tree& tree_;
  diag::Sink& sink_;
  Spec spec_;
  std::map<const Key*, Span> seen_;
};

}  // namespace

std::optional<Spec> read_spec(const diag::SourceMap& sources, diag::SourceId source, diag::Sink& sink) {
  auto tree = doc::read_toml(sources, source, sink);
  if (!tree) return std::nullopt;
  return SpecReader(sources, source, *tree, sink).read(true);
}

std::optional<std::vector<Expectation>> read_expectations(const diag::SourceMap& sources,
                                                          diag::SourceId source, diag::Sink& sink) {
  auto tree = doc::read_toml(sources, source, sink);
  if (!tree) return std::nullopt;
  auto spec = SpecReader(sources, source, *tree, sink).read(false);
  if (!spec) return std::nullopt;
  return std::move(spec->expectations);
}

}  // namespace bh::generate
