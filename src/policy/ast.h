// The policy as it was written: one Fragment per source text (profile file, include, abstraction), in source
// order.
//
// The one idea: a fragment is parsed once and alone. Includes stay nodes that name another file, so that an
// abstraction read by two hundred profiles is read and parsed once; `resolve.h` joins the fragments, expands
// variables and conditionals and gives flat profiles. Words keep their spans; nothing here knows what a
// kernel can do. Follows apparmor.d(5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "diag/source.h"

namespace bh::policy {

/// A word as the language means it: outer quotes removed, everything else (escapes, globs, @{variables})
/// still as written.
struct Text {
  std::string value;
  diag::Span span;
  bool quoted = false;
};

enum class Access : std::uint8_t { allow, deny, prompt };
enum class Owner : std::uint8_t { any, owner, other };

/// What may stand before any rule: `priority=N audit allow|deny|prompt owner|other`.
struct Qualifiers {
  std::int32_t priority = 0;
  bool audit = false;
  Access access = Access::allow;
  Owner owner = Owner::any;
  bool access_stated =
      false;  ///< the word (`allow` too) was written; only the printer and blocks of qualifiers care
  bool priority_stated = false;  ///< likewise
};

/// File permissions of the language, as bits (exec and link are further described in the rule).
enum FilePerm : std::uint8_t {
  perm_exec = 1,
  perm_write = 2,
  perm_read = 4,
  perm_append = 8,
  perm_link = 16,
  perm_lock = 32,
  perm_mmap = 64,
};

/// How an exec changes confinement: `ix ux Ux px Px cx Cx pix Pix cux …` and `-> target`.
struct ExecTransition {
  enum class Kind : std::uint8_t {
    bare,
    inherit,
    unconfined,
    profile,
    child
  };  ///< bare: the `x` of a deny rule
  enum class Fallback : std::uint8_t {
    none,
    inherit,
    unconfined
  };  ///< `pix`, `PUx`: when the target is missing
  Kind kind = Kind::bare;
  Fallback fallback = Fallback::none;
  bool scrub =
      false;  ///< capital letter: the kernel sets AT_SECURE (environment scrubbed). Lower case is "unsafe"
  bool operator==(const ExecTransition&) const = default;
};

/// `PATH perms [-> target],`, `perms PATH`, `file …`; a bare `file,` has no path and all permissions: it
/// means `/{,**} rwlkmix`.
struct FileRule {
  std::optional<Text> path;
  std::uint8_t perms = 0;  ///< FilePerm bits
  ExecTransition exec;     ///< `scrub` already says what `safe` or `unsafe` made of it
  std::optional<Text>
      target;  ///< of `->`: a profile name, possibly stacked (`&a//&b`); empty text: as if there were none
  bool safe_keyword = false, unsafe_keyword = false;  ///< `safe`/`unsafe` written in front, old form
};

/// `link [subset] a -> b,`, also written `l [subset] a -> b,` and `a l -> b,`
struct LinkRule {
  bool subset = false;
  Text link;
  Text target;
};

/// `change_profile [safe|unsafe] [exec] [-> target],`
struct ChangeProfileRule {
  enum class Mode : std::uint8_t { unstated, safe, unsafe };
  Mode mode = Mode::unstated;
  std::optional<Text> exec;
  std::optional<Text> target;
};

/// `capability a b,`; no names: every one.
struct CapabilityRule {
  std::vector<Text> names;
};

/// `set rlimit name <= value,`
struct RlimitRule {
  Text name;
  Text value;  ///< as written: `100`, `1GB`, `10min`, `infinity`
};

/// `key=value`, `key=(a b)`, `key in (a b)`, `label:=value`.
struct Condition {
  Text key;
  bool in = false;
  bool assign = false;
  std::vector<Text> values;
};

/// The classes whose rules all have the shape `keyword [(access…)] [words] [key=value…] [peer=(key=value…)]`.
enum class RuleClass : std::uint8_t {
  network,
  mount,
  remount,
  umount,
  pivot_root,
  signal,
  ptrace,
  unix,
  dbus,
  userns,
  io_uring,
  mqueue,
  all
};

struct ClassRule {
  RuleClass kind = RuleClass::all;
  std::vector<Text> access;  ///< `send`, `receive`, `create`, …; empty: all of the class
  std::vector<Text> words;   ///< bare words: network's family and type; mqueue's name; pivot_root's new root
  std::vector<Condition> conditions;  ///< `type=`, `set=`, `options=`, `fstype=`, `oldroot=`, `label=`, …
  std::vector<Condition> peer;        ///< of `peer=(…)`; `peer=label` is one condition with key `label`
  std::optional<Text> source;         ///< mount: the device, before `->`
  std::optional<Text> target;         ///< (re|u)mount: the mount point; pivot_root: the profile after `->`
};

struct Rule {
  diag::Span span;  ///< from the first qualifier to the comma
  Qualifiers qualifiers;
  std::variant<FileRule, LinkRule, ChangeProfileRule, CapabilityRule, RlimitRule, ClassRule> body;
};

/// `include [if exists] <magic>` or `"path"`, also spelled `#include`.
struct Include {
  diag::Span span;
  Text path;
  bool magic = false;  ///< `<…>`: looked up in the base and -I folders
  bool if_exists = false;
};

/// `abi <abi/4.0>,`
struct Abi {
  diag::Span span;
  Text path;
  bool magic = false;
};

/// `alias /a -> /b,`
struct Alias {
  diag::Span span;
  Text from;
  Text to;
};

/// `@{NAME} = a b`, `+=`, `?=`, `:=`; `$NAME = true`.
struct VariableAssignment {
  diag::Span span;
  Text name;  ///< without `@{}` or `$`, `${}`
  enum class Kind : std::uint8_t { set, boolean } kind = Kind::set;
  enum class Operator : std::uint8_t { assign, append, assign_if_unset, replace } op = Operator::assign;
  std::vector<Text> values;
};

struct Block;

/// Rules that share qualifiers: `audit deny { … }`; a bare `{ … }` has none.
struct QualifierBlock {
  diag::Span span;  ///< the qualifiers
  Qualifiers qualifiers;
  std::unique_ptr<Block> body;
};

/// `if EXPRESSION { … } else if … else { … }`; an `else if` is an else_block that holds one Conditional.
struct Conditional {
  /// The expression in postfix order: operands push, `negate` pops one, `both` and `either` pop two.
  struct Step {
    enum class Kind : std::uint8_t {
      literal,          ///< `true`, `false`: left
      boolean,          ///< `$NAME`: left is the name
      defined,          ///< `defined @{NAME}`
      defined_boolean,  ///< `defined $NAME`
      compare,          ///< `left op right`, op one of in == != < <= > >=
      negate,
      both,
      either,
    };
    Kind kind = Kind::literal;
    diag::Span span;
    Text left;
    std::string op;
    Text right;
  };
  diag::Span span;
  std::vector<Step> steps;
  std::unique_ptr<Block> then_block;
  std::unique_ptr<Block> else_block;  ///< may be null
};

/// A word of `flags=(…)`: `complain`, or `attach_disconnected.path=/x` with its value.
struct Flag {
  Text name;
  std::optional<Text> value;
};

/// `profile NAME ATTACHMENT xattrs=(…) + identities=(…) flags=(…) { … }`, `hat NAME`, `^NAME`, or a path that
/// names both.
struct Profile {
  diag::Span span;                 ///< the head, up to `{`
  Text name;                       ///< `/usr/bin/x` where only the attachment was written
  std::optional<Text> name_space;  ///< `:ns:name`
  std::optional<Text> attachment;
  std::vector<Condition> xattrs;
  std::vector<Text> identities;
  std::vector<Flag> flags;
  bool hat = false;      ///< `^x` or `hat x`
  bool keyword = false;  ///< written with `profile`
  std::unique_ptr<Block> body;
};

using Node =
    std::variant<Rule, Include, Abi, Alias, VariableAssignment, QualifierBlock, Conditional, Profile>;

struct Block {
  std::vector<Node> nodes;
};

/// One source text.
struct Fragment {
  diag::SourceId source;
  Block block;
};

}  // namespace bh::policy
