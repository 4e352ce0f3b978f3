// The shapes of the strings that the kernel looks up, as data: which part is a path, a label, an address, and
// how one that was found is written as an action again.
//
// The one idea: question.h goes from an action to a string; a form goes the other way, and over all strings
// at once. What is asked about a whole language (`any write under /etc/**`, `bulkhead diff`) is asked form by
// form, and what comes out is an action that can be asked again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "automata/expr.h"
#include "query/action_words.h"
#include "query/question.h"

namespace bh::query {

/// A part of a string that rules write as a pattern. Parts are separated by a NUL.
struct Field {
  enum class Kind : std::uint8_t {
    path,     ///< from `/` on, without `//`
    label,    ///< at least one byte
    text,     ///< may be empty
    address,  ///< of a unix socket: `@name` or `none`
    flags,    ///< mount(2)'s; the last one of its form
    nothing,  ///< always empty
  };
  Kind kind;
  std::string_view key;  ///< what it is called: `peer`; `path` and `target` stand without a key
};

/// Flags of mount(2) that one kind of mount has: one of `one_of` (0: none is needed), and any of `optional`.
struct MountKind {
  std::uint32_t one_of = 0, optional = 0;
};

struct Form {
  ActionKind kind;
  std::string_view verb;             ///< `signal`; of a file: `file`
  std::vector<std::string> choices;  ///< what the prefix stands for: `kill`; `inet` and `stream`; `sys_admin`
  Question::Table table = Question::Table::policydb;
  std::uint8_t mediation_class = compile::medclass::file;
  std::string prefix;               ///< bytes before the fields, the class included (none for files)
  std::vector<Field> fields;        ///< none: one question, which ask() answers
  std::string suffix;               ///< bytes behind the last field
  std::vector<NamedBits> accesses;  ///< and what the kernel asks for each; of a file its verbs
  MountKind mount;
};

/// All that the kernel would ask this profile. Classes that it does not mediate are there, too.
[[nodiscard]] std::vector<Form> forms(const compile::CompiledProfile& profile);

/// Is the profile asked about what has this form?
[[nodiscard]] bool mediates(const compile::CompiledProfile& profile, const Form& form);
/// Sockets by family and type are one class under several numbers, and a table of old kernels.
[[nodiscard]] bool mediates_sockets(const compile::CompiledProfile& profile);

/// Every string of fields that the kernel could ask, behind the prefix.
[[nodiscard]] automata::ExprId askable(automata::ExprPool& pool, const Form& form);
/// The same with patterns for some of the fields (by position; not valid: any).
[[nodiscard]] automata::ExprId askable(automata::ExprPool& pool, const Form& form,
                                       std::span<const automata::ExprId> patterns);
/// Every value of one field.
[[nodiscard]] automata::ExprId askable(automata::ExprPool& pool, Field::Kind kind, const MountKind& mount);

/// The values of the fields as one action, in the words of action.h; they may be patterns, too. A flags field
/// is given as mount's options (`**`: any); empty ones of mount and dbus are left out.
[[nodiscard]] std::string action_text(const Form& form, std::string_view access,
                                      std::span<const std::string> values);

/// The bytes behind the prefix -> the values of the fields (flags as mount's options).
[[nodiscard]] std::vector<std::string> values_of(const Form& form, std::string_view bytes);

}  // namespace bh::query
