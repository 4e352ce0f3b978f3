#include "query/form.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "compile/names.h"

namespace bh::query {
namespace {

using automata::ByteSet;
using automata::ExprId;
using automata::ExprPool;
namespace medclass = compile::medclass;
namespace perm = compile::perm;
using enum Field::Kind;

constexpr NamedBits link_access[] = {{"link", perm::link}};
constexpr NamedBits change_access[] = {{"change_profile", perm::change_profile}};
constexpr NamedBits mount_access[] = {{"mount", 2}};
constexpr NamedBits umount_access[] = {{"umount", 4}};
constexpr NamedBits pivot_access[] = {{"pivot_root", 1}};
constexpr NamedBits capability_access[] = {{"capability", 1}};

constexpr std::uint32_t change_type = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
constexpr std::uint32_t kinds_of_mount = MS_REMOUNT | MS_BIND | MS_MOVE | change_type;
constexpr std::uint32_t command_address = 1, command_listen = 2,
                        command_option = 4;  // af_unix.c, match_to_cmd

/// The accesses of `all` whose bits are all in `mask`.
std::vector<NamedBits> within(std::span<const NamedBits> all, std::uint32_t mask) {
  std::vector<NamedBits> some;
  std::ranges::copy_if(all, std::back_inserter(some),
                       [&](const NamedBits& access) { return (access.bits & ~mask) == 0; });
  return some;
}

std::vector<NamedBits> list(std::span<const NamedBits> all) { return {all.begin(), all.end()}; }

std::string bytes(std::initializer_list<std::uint32_t> numbers) {
  std::string out;
  for (const std::uint32_t number : numbers) out.push_back(static_cast<char>(number));
  return out;
}

std::uint32_t all_mount_flags() {
  std::uint32_t all = 0;
  for (const NamedBits& option : mount_options()) all |= option.bits;
  return all;
}

class Lister {
 public:
  explicit Lister(const compile::CompiledProfile& profile) : profile_(profile) {}

  std::vector<Form> take() {
    files();
    capabilities();
    networks();
    signals();
    labels();
    mounts();
    others();
    return std::move(forms_);
  }

 private:
  void files() {
    constexpr auto file = Question::Table::file;
    add({.kind = ActionKind::file,
         .verb = "file",
         .table = file,
         .fields = {{path, "path"}},
         .accesses = list(file_access)});
    add({.kind = ActionKind::link,
         .verb = "link",
         .table = file,
         .fields = {{path, "path"}, {path, "target"}},
         .accesses = list(link_access)});
    add({.kind = ActionKind::change_profile,
         .verb = "change_profile",
         .table = file,
         .fields = {{label, "target"}},
         .accesses = list(change_access)});
  }

  void capabilities() {
    for (const auto& each : compile::capability_names())
      add({.kind = ActionKind::capability,
           .verb = "capability",
           .choices = {std::string(each.name)},
           .table = Question::Table::capability,
           .mediation_class = medclass::capability,
           .accesses = list(capability_access)});
  }

  void networks() {
    const bool by_address = mediates(profile_, medclass::net_v9);
    const std::uint8_t cls = by_address ? medclass::net_v9 : medclass::net_v8;
    for (const auto& family : compile::family_names()) {
      for (const auto& type : compile::socket_type_names())
        add({.kind = ActionKind::network,
             .verb = "network",
             .choices = {std::string(family.name), std::string(type.name)},
             .mediation_class = cls,
             .accesses = list(network_access)});
    }
    for (const auto& type : compile::socket_type_names()) unix_sockets(type);
  }

  /// af_unix.c: the local address, its label (which is never matched), then what the access is about.
  void unix_sockets(const compile::NamedNumber& type) {
    const std::string head = bytes({medclass::net_v9, 0, AF_UNIX, 0, type.number, 0, 0});
    const auto form = [&](std::string prefix, std::vector<Field> fields, std::string suffix,
                          std::uint32_t bits) {
      add({.kind = ActionKind::unix,
           .verb = "unix",
           .choices = {std::string(type.name)},
           .mediation_class = medclass::net_v9,
           .prefix = std::move(prefix),
           .fields = std::move(fields),
           .suffix = std::move(suffix),
           .accesses = within(unix_access, bits)});
    };
    form(head, {{address, "path"}}, bytes({0, 0}),
         perm::bind | perm::accept | perm::getattr | perm::setattr | perm::remove);
    form(head, {{address, "path"}}, bytes({0, 0, command_listen, 0, 0}), perm::listen);
    form(head, {{address, "path"}}, bytes({0, 0, command_option, 0, 0}), perm::getopt | perm::setopt);
    form(head + bytes({1, 0, 0, command_address}), {{address, "path"}, {label, "peer"}}, {},
         perm::connect | perm::send | perm::receive);
  }

  void signals() {
    const auto one = [&](std::string name, std::uint32_t number) {
      add({.kind = ActionKind::signal,
           .verb = "signal",
           .choices = {std::move(name)},
           .mediation_class = medclass::signal,
           .prefix = bytes({medclass::signal, number}),
           .fields = {{label, "peer"}},
           .accesses = list(signal_access)});
    };
    for (const auto& each : compile::signal_names()) one(std::string(each.name), each.number);
    for (std::uint32_t extra = 0; extra <= 32; ++extra) one(fmt::format("rtmin+{}", extra), 128 + extra);
  }

  void labels() {
    add({.kind = ActionKind::ptrace,
         .verb = "ptrace",
         .mediation_class = medclass::ptrace,
         .prefix = bytes({medclass::label, medclass::ptrace}),
         .fields = {{label, "peer"}},
         .accesses = list(ptrace_access)});
    behind_class(medclass::io_uring, ActionKind::io_uring, "io_uring", {{label, "peer"}},
                 within(io_uring_access, 8));
    add({.kind = ActionKind::io_uring,
         .verb = "io_uring",
         .mediation_class = medclass::io_uring,
         .accesses = within(io_uring_access, 0x10)});
    add({.kind = ActionKind::userns,
         .verb = "userns",
         .mediation_class = medclass::userns,
         .accesses = list(userns_access)});
  }

  void mounts() {
    const std::uint32_t options = all_mount_flags() & ~kinds_of_mount & ~std::uint32_t{MS_REC};
    const auto kind = [&](std::string choice, Field::Kind device, Field::Kind type, MountKind flags) {
      add({.kind = ActionKind::mount,
           .verb = "mount",
           .choices = {std::move(choice)},
           .mediation_class = medclass::mount,
           .prefix = bytes({medclass::mount}),
           .fields = {{path, "target"}, {device, "path"}, {type, "type"}, {Field::Kind::flags, "options"}},
           .accesses = list(mount_access),
           .mount = flags});
    };
    kind("new", text, text, {0, options});
    kind("bind", text, nothing, {MS_BIND, MS_REC});
    kind("move", text, nothing, {MS_MOVE, 0});
    kind("remount", nothing, nothing, {MS_REMOUNT, options | MS_BIND | MS_REC});
    kind("propagation", nothing, nothing, {change_type, MS_REC | MS_SILENT});
    behind_class(medclass::mount, ActionKind::umount, "umount", {{path, "path"}}, list(umount_access));
    behind_class(medclass::mount, ActionKind::pivot_root, "pivot_root", {{path, "path"}, {path, "target"}},
                 list(pivot_access));
  }

  void others() {
    const auto mqueue = [&](std::vector<Field> fields, std::uint32_t bits) {
      behind_class(medclass::posix_mqueue, ActionKind::mqueue, "mqueue", std::move(fields),
                   within(mqueue_access, bits));
    };
    mqueue({{path, "path"}}, perm::create);
    mqueue({{path, "path"}, {label, "peer"}}, ~perm::create);
    const auto dbus = [&](std::vector<Field> fields, std::uint32_t bits) {
      behind_class(medclass::dbus, ActionKind::dbus, "dbus", std::move(fields), within(dbus_access, bits));
    };
    dbus({{text, "bus"}}, 0x20);
    dbus({{text, "bus"}, {text, "name"}}, 0x40);
    dbus({{text, "bus"},
          {text, "peer.name"},
          {label, "peer"},
          {text, "path"},
          {text, "interface"},
          {text, "member"}},
         6);
  }

  /// Fields that begin right behind the class.
  void behind_class(std::uint8_t mediation_class, ActionKind kind, std::string_view verb,
                    std::vector<Field> fields, std::vector<NamedBits> accesses) {
    add({.kind = kind,
         .verb = verb,
         .mediation_class = mediation_class,
         .prefix = bytes({mediation_class}),
         .fields = std::move(fields),
         .accesses = std::move(accesses)});
  }

  void add(Form form) { forms_.push_back(std::move(form)); }

  const compile::CompiledProfile& profile_;
  std::vector<Form> forms_;
};

ByteSet all_but(std::initializer_list<unsigned char> left_out) {
  ByteSet set;
  set.set();
  for (const unsigned char byte : left_out) set.reset(byte);
  return set;
}

ExprId optional_flags(ExprPool& pool, std::uint32_t required, std::uint32_t optional) {
  std::vector<ExprId> parts;
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    const ExprId number = pool.byte(static_cast<std::uint8_t>(bit + 1));
    if ((required >> bit & 1) != 0)
      parts.push_back(number);
    else if ((optional >> bit & 1) != 0)
      parts.push_back(pool.optional(number));
  }
  return pool.concat(parts);
}

/// Words with blanks in quotes.
std::string quoted(const std::string& value) {
  return value.find_first_of(" \t\n") == std::string::npos ? value : fmt::format("\"{}\"", value);
}

std::uint32_t flags_of(std::string_view numbers) {
  std::uint32_t flags = 0;
  for (const char number : numbers) {
    const auto bit = static_cast<std::uint8_t>(number);
    if (bit >= 1 && bit <= 32) flags |= std::uint32_t{1} << (bit - 1);
  }
  return flags;
}

}  // namespace

std::vector<Form> forms(const compile::CompiledProfile& profile) { return Lister(profile).take(); }

bool mediates(const compile::CompiledProfile& profile, const Form& form) {
  if (form.table != Question::Table::policydb) return true;
  return form.kind == ActionKind::network ? mediates_sockets(profile)
                                          : mediates(profile, form.mediation_class);
}

bool mediates_sockets(const compile::CompiledProfile& profile) {
  return mediates(profile, medclass::net_v8) || mediates(profile, medclass::net_v9) ||
         !profile.network.empty();
}

ExprId askable(ExprPool& pool, Field::Kind kind, const MountKind& mount) {
  switch (kind) {
    case path: {
      const ExprId part =
          pool.concat(pool.byte('/'), pool.plus(pool.bytes(all_but({0, '/'}))));  // `/` and a name
      const std::array<ExprId, 2> names{pool.star(part), pool.optional(pool.byte('/'))};
      const std::array<ExprId, 2> either{pool.byte('/'), pool.concat(part, pool.concat(names))};
      return pool.either(either);
    }
    case label:
      return pool.plus(pool.bytes(all_but({0})));
    case text:
      return pool.star(pool.bytes(all_but({0})));
    case address: {
      const std::array<ExprId, 2> either{pool.byte(1),
                                         pool.concat(pool.byte(0), pool.star(pool.bytes(all_but({0}))))};
      return pool.either(either);
    }
    case flags: {
      if (mount.one_of == 0) return optional_flags(pool, 0, mount.optional);
      std::vector<ExprId> either;
      for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
        if ((mount.one_of & bit) != 0) either.push_back(optional_flags(pool, bit, mount.optional));
      }
      return pool.either(either);
    }
    case nothing:
      return pool.empty();
  }
  return pool.empty();
}

ExprId askable(ExprPool& pool, const Form& form, std::span<const ExprId> patterns) {
  std::vector<ExprId> parts;
  for (std::size_t i = 0; i < form.fields.size(); ++i) {
    if (i > 0) parts.push_back(pool.byte(0));
    const bool given = i < patterns.size() && patterns[i].valid();
    parts.push_back(given ? patterns[i] : askable(pool, form.fields[i].kind, form.mount));
  }
  parts.push_back(pool.literal(form.suffix));
  return pool.concat(parts);
}

ExprId askable(ExprPool& pool, const Form& form) { return askable(pool, form, {}); }

std::string action_text(const Form& form, std::string_view access, std::span<const std::string> values) {
  const auto value = [&](std::string_view key) {
    const auto at = std::ranges::find(form.fields, key, &Field::key);
    return at == form.fields.end() ? std::string()
                                   : quoted(values[static_cast<std::size_t>(at - form.fields.begin())]);
  };
  const auto with = [&](std::string_view before, const std::string& text) {
    return text.empty() ? std::string() : fmt::format(" {}{}", before, text);
  };
  switch (form.kind) {
    case ActionKind::file:
      return fmt::format("{} {}", access, value("path"));
    case ActionKind::link:
      return fmt::format("link {} -> {}", value("path"), value("target"));
    case ActionKind::change_profile:
      return fmt::format("change_profile -> {}", value("target"));
    case ActionKind::capability:
      return fmt::format("capability {}", form.choices.front());
    case ActionKind::network:
      return fmt::format("network{} {}", with("", std::string(access)), fmt::join(form.choices, " "));
    case ActionKind::unix:
      return fmt::format("unix {} {} type={}{}", access, value("path"), form.choices.front(),
                         with("peer=", value("peer")));
    case ActionKind::signal:
      return fmt::format("signal {} {} peer={}", access, form.choices.front(), value("peer"));
    case ActionKind::mount:
      return fmt::format("mount{}{}{} -> {}", with("-t ", value("type")),
                         value("options") == "**" ? "" : with("-o ", value("options")),
                         with("", value("path")), value("target"));
    case ActionKind::umount:
      return fmt::format("umount {}", value("path"));
    case ActionKind::pivot_root:
      return fmt::format("pivot_root {} {}", value("path"), value("target"));
    case ActionKind::dbus: {
      std::string text = fmt::format("dbus {}", access);
      for (const std::string_view key : {"bus", "name", "path", "interface", "member"})
        text += with(fmt::format("{}=", key), value(key));
      const std::string name = value("peer.name"), its_label = value("peer");
      if (!name.empty() || !its_label.empty()) {
        const std::string inner = with("name=", name) + with("label=", its_label);
        text += fmt::format(" peer=({})", inner.substr(1));
      }
      return text;
    }
    case ActionKind::userns:
      return "userns";
    case ActionKind::ptrace:
    case ActionKind::io_uring:
    case ActionKind::mqueue:
    case ActionKind::rename:
      return fmt::format("{} {}{}{}", form.verb, access, with("", value("path")),
                         with("peer=", value("peer")));
  }
  return {};
}

std::vector<std::string> values_of(const Form& form, std::string_view bytes) {
  std::vector<std::string> values;
  bytes.remove_suffix(std::min(form.suffix.size(), bytes.size()));
  for (std::size_t i = 0; i < form.fields.size(); ++i) {
    const Field::Kind kind = form.fields[i].kind;
    // An abstract address starts with a NUL, which ends nothing.
    const std::size_t from = kind == address && bytes.starts_with('\0') ? 1 : 0;
    const std::size_t end =
        i + 1 == form.fields.size() ? bytes.size() : std::min(bytes.find('\0', from), bytes.size());
    std::string value(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (kind == address) value = from == 1 ? "@" + value.substr(1) : "none";
    if (kind == Field::Kind::flags) value = mount_options_text(flags_of(value));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace bh::query
