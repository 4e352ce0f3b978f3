#include "compile/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "automata/relate.h"
#include "compile/names.h"

namespace bh::compile {
namespace {

struct Word {
  std::uint32_t bit;
  std::string_view word;
};

constexpr Word file_words[] = {
    {perm::exec, "exec"},           {perm::write, "write"},   {perm::read, "read"},
    {perm::append, "append"},       {perm::create, "create"}, {perm::remove, "delete"},
    {perm::open, "open"},           {perm::rename, "rename"}, {perm::setattr, "setattr"},
    {perm::getattr, "getattr"},     {perm::chmod, "chmod"},   {perm::chown, "chown"},
    {perm::lock, "lock"},           {perm::mmap, "mmap"},     {perm::link, "link"},
    {perm::cont_match, "continue"}, {perm::onexec, "onexec"}, {perm::change_profile, "change_profile"},
};
constexpr Word mount_words[] = {{1, "pivot_root"}, {2, "mount"}, {4, "umount"}, {perm::open, "continue"}};
constexpr Word ptrace_words[] = {{2, "trace"}, {4, "read"}, {8, "tracedby"}, {0x10, "readby"}};
constexpr Word signal_words[] = {{2, "send"}, {4, "receive"}};
constexpr Word network_words[] = {
    {2, "send"},
    {4, "receive"},
    {perm::create, "create"},
    {perm::remove, "shutdown"},
    {perm::open, "connect"},
    {perm::setattr, "setattr"},
    {perm::getattr, "getattr"},
    {perm::accept, "accept"},
    {perm::bind, "bind"},
    {perm::listen, "listen"},
    {perm::setopt, "setopt"},
    {perm::getopt, "getopt"},
    {perm::cont_match, "continue"},
};
constexpr Word userns_words[] = {{8, "create"}};
constexpr Word io_uring_words[] = {{8, "override_creds"}, {0x10, "sqpoll"}};
constexpr Word dbus_words[] = {{2, "send"}, {4, "receive"}, {0x20, "eavesdrop"}, {perm::open, "bind"}};

struct Class {
  std::uint8_t number;
  std::string_view word;
  std::span<const Word> words;
};
constexpr Class classes[] = {
    {medclass::file, "file", file_words},
    {medclass::capability, "capability", {}},
    {medclass::unix_v7, "unix_v7", network_words},
    {medclass::mount, "mount", mount_words},
    {medclass::ptrace, "ptrace", ptrace_words},
    {medclass::signal, "signal", signal_words},
    {medclass::net_v8, "network_v8", network_words},
    {medclass::net_v9, "network_v9", network_words},
    {medclass::label, "label", {}},
    {medclass::posix_mqueue, "mqueue_posix", file_words},
    {medclass::sysv_mqueue, "mqueue_sysv", file_words},
    {medclass::userns, "userns", userns_words},
    {medclass::io_uring, "io_uring", io_uring_words},
    {medclass::net_skb, "network_skb", network_words},
    {medclass::dbus, "dbus", dbus_words},
};

const Class* find_class(std::uint8_t number) {
  const auto found = std::ranges::find(classes, number, &Class::number);
  return found == std::end(classes) ? nullptr : &*found;
}

std::string bit_names(std::uint64_t mask, std::span<const NamedNumber> names) {
  return fmt::format("{}", fmt::join(bit_name_list(mask, names), " "));
}

void describe_automaton(std::string& out, std::string_view name, const Pdb& pdb) {
  fmt::format_to(std::back_inserter(out), "  {}: {} states, {} permission entries\n", name, pdb.states(),
                 pdb.perms.size());
}

/// What a path gets, and one that gets it.
void describe_held(std::string& out, const Pdb& file) {
  const auto words = [&](const Perms& perms) {
    std::string text = perm_words(perms.allow, medclass::file);
    if ((perms.allow & perm::exec) != 0)
      text += fmt::format(" (exec to {})", transition_words(perms.xindex, file.xtable));
    if (perms.quiet != 0) text += ", denied silently: " + perm_words(perms.quiet, medclass::file);
    if (perms.audit != 0) text += ", audited: " + perm_words(perms.audit, medclass::file);
    return text;
  };
  for (const Held& held : held_by(file)) {
    fmt::format_to(std::back_inserter(out), "    {}: {}", escaped(held.example), words(held.perms.other));
    if (held.perms.owner != held.perms.other)
      fmt::format_to(std::back_inserter(out), "; its owner: {}", words(held.perms.owner));
    out += '\n';
  }
}

void describe_network(std::string& out, const std::vector<NetworkFamily>& network) {
  for (std::size_t family = 0; family < network.size(); ++family) {
    if (network[family].allow == 0) continue;
    const std::string_view word = name_of(family_names(), static_cast<std::uint32_t>(family));
    fmt::format_to(std::back_inserter(out), "  network {}: {}\n",
                   word.empty() ? fmt::format("{}", family) : std::string(word),
                   bit_names(network[family].allow, socket_type_names()));
  }
}

void describe_profile(std::string& out, const CompiledProfile& profile) {
  auto into = std::back_inserter(out);
  fmt::format_to(into, "profile {} ({})\n", escaped(profile.name), mode_word(profile.mode));
  if (!profile.name_space.empty()) fmt::format_to(into, "  namespace: {}\n", escaped(profile.name_space));
  if (const auto words = flag_words(profile); !words.empty())
    fmt::format_to(into, "  flags: {}\n", fmt::join(words, " "));
  if (profile.attach) fmt::format_to(into, "  attach: {}\n", escaped(*profile.attach));
  if (profile.disconnected)
    fmt::format_to(into, "  attach_disconnected.path: {}\n", escaped(*profile.disconnected));
  if (profile.kill_signal)
    fmt::format_to(into, "  kill signal: {}\n", name_of(signal_names(), *profile.kill_signal));
  for (const std::string& name : profile.xattrs) fmt::format_to(into, "  xattr: {}\n", escaped(name));
  const CapabilitySets& caps = profile.capabilities;
  if (caps.allow != 0)
    fmt::format_to(into, "  capabilities: {}\n", bit_names(caps.allow, capability_names()));
  if (caps.audit != 0)
    fmt::format_to(into, "  capabilities audited: {}\n", bit_names(caps.audit, capability_names()));
  if (caps.quiet != 0)
    fmt::format_to(into, "  capabilities denied silently: {}\n", bit_names(caps.quiet, capability_names()));
  for (std::uint32_t limit = 0; limit < profile.rlimits.values.size(); ++limit) {
    if ((profile.rlimits.mask >> limit & 1) == 0) continue;
    const std::uint64_t value = profile.rlimits.values[limit];
    fmt::format_to(into, "  rlimit {}: {}\n", name_of(rlimit_names(), limit),
                   value == Rlimits::infinity ? "infinity" : fmt::format("{}", value));
  }
  describe_network(out, profile.network);
  if (profile.xmatch) {
    describe_automaton(out, "attachment", *profile.xmatch);
    fmt::format_to(into, "  attachment's least length: {}\n", profile.xmatch_len);
  }
  if (profile.policydb) {
    std::vector<std::string_view> mediated;
    for (const std::uint8_t number : mediated_classes(*profile.policydb))
      mediated.push_back(class_word(number));
    fmt::format_to(into, "  mediated classes: {}\n", fmt::join(mediated, " "));
    describe_automaton(out, "policydb", *profile.policydb);
  }
  if (!profile.file) return;
  describe_automaton(out, "file", *profile.file);
  describe_held(out, *profile.file);
  for (const std::string& target : profile.file->xtable)
    fmt::format_to(into, "  exec target: {}\n", escaped(label_text(target)));
}

}  // namespace

std::string_view class_word(std::uint8_t mediation_class) {
  const Class* found = find_class(mediation_class);
  return found == nullptr ? std::string_view{} : found->word;
}

std::span<const std::uint8_t> all_classes() {
  static const std::vector<std::uint8_t> numbers = [] {
    std::vector<std::uint8_t> all;
    for (const Class& each : classes) all.push_back(each.number);
    return all;
  }();
  return numbers;
}

std::vector<std::string> perm_word_list(std::uint32_t mask, std::uint8_t mediation_class) {
  if (mediation_class != medclass::file)
    mask &= ~perm::lock;  // the kernel gives it to every entry, and never asks for it
  const Class* found = find_class(mediation_class);
  std::vector<std::string> words;
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    const std::uint32_t value = std::uint32_t{1} << bit;
    if ((mask & value) == 0) continue;
    const Word* word = nullptr;
    if (found != nullptr) {
      const auto at = std::ranges::find(found->words, value, &Word::bit);
      if (at != found->words.end()) word = &*at;
    }
    words.push_back(word == nullptr ? fmt::format("{:#x}", value) : std::string(word->word));
  }
  return words;
}

std::string perm_words(std::uint32_t mask, std::uint8_t mediation_class) {
  const auto words = perm_word_list(mask, mediation_class);
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, " "));
}

std::vector<std::string> bit_name_list(std::uint64_t mask, std::span<const NamedNumber> names) {
  std::vector<std::string> words;
  for (std::uint32_t bit = 0; bit < 64; ++bit) {
    if ((mask >> bit & 1) == 0) continue;
    const std::string_view word = name_of(names, bit);
    words.push_back(word.empty() ? fmt::format("{}", bit) : std::string(word));
  }
  return words;
}

std::vector<std::string_view> flag_words(const CompiledProfile& profile) {
  constexpr Word path_words[] = {
      {path_flag::attach_disconnected, "attach_disconnected"},
      {path_flag::chroot_relative, "chroot_relative"},
      {path_flag::chroot_attach, "chroot_attach"},
      {path_flag::ipc_attach, "attach_disconnected.ipc"},
      {path_flag::mediate_deleted, "mediate_deleted"},
  };
  constexpr Word own_words[] = {
      {profile_flag::hat, "hat"},
      {profile_flag::debug, "debug"},
      {profile_flag::debug2, "debug2"},
      {profile_flag::interruptible, "interruptible"},
      {profile_flag::prompt_compat, "prompt_compat"},
  };
  std::vector<std::string_view> words;
  for (const Word& word : path_words) {
    if ((profile.path_flags.value_or(path_flag::mediate_deleted) & word.bit) != 0) words.push_back(word.word);
  }
  for (const Word& word : own_words) {
    if ((profile.flags & word.bit) != 0) words.push_back(word.word);
  }
  if (profile.audit != 0) words.emplace_back("audit");
  return words;
}

std::vector<std::uint8_t> mediated_classes(const Pdb& policydb) {
  std::vector<std::uint8_t> mediated;
  for (const std::uint8_t number : all_classes())
    if (policydb.dfa.step(automata::Dfa::start, number) != automata::Dfa::trap) mediated.push_back(number);
  return mediated;
}

std::vector<Held> held_by(const Pdb& pdb, std::uint32_t from) {
  std::vector<Held> all;
  for (automata::Example& example : automata::examples({pdb.dfa, from}))
    if (example.accept != 0 && pdb.perms[example.accept] != pdb.perms[0])
      all.push_back({pdb.perms[example.accept], std::move(example.bytes)});
  return all;
}

std::string label_text(std::string_view target) {
  std::string text(target);
  std::ranges::replace(text, '\0', ':');
  return text;
}

std::string transition_words(std::uint32_t index, std::span<const std::string> xtable) {
  std::vector<std::string> words;
  const std::uint32_t number = index & xindex::index_mask;
  const std::string_view kind = (index & xindex::child) != 0 ? "child" : "profile";
  if ((index & xindex::table) != 0) {
    words.push_back(
        fmt::format("{} {}", kind, number < xtable.size() ? escaped(label_text(xtable[number])) : "?"));
  } else if ((index & xindex::name) != 0) {
    words.push_back(fmt::format("the {} of its name", kind));
  }
  if ((index & xindex::inherit) != 0) words.emplace_back("the same profile");
  if ((index & xindex::unconfined) != 0) words.emplace_back("unconfined");
  if (words.empty()) words.emplace_back("nowhere");
  return fmt::format("{}{}", fmt::join(words, ", else "),
                     (index & xindex::unsafe) != 0 ? ", environment kept" : "");
}

std::string mode_word(std::uint32_t mode) {
  constexpr std::string_view words[] = {"enforce", "complain", "kill", "unconfined", "prompt"};
  return mode < std::size(words) ? std::string(words[mode]) : fmt::format("mode {}", mode);
}

std::string escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (c == '\\')
      out += "\\\\";
    else if (c >= 0x20 && c < 0x7f)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string describe(const KernelPolicy& policy) {
  std::string out =
      fmt::format("{} profile{}, format version {}, permissions in {}\n", policy.profiles.size(),
                  policy.profiles.size() == 1 ? "" : "s", policy.kernel_abi,
                  policy.dialect == Dialect::perms_table ? "a table" : "the accept words");
  for (const CompiledProfile& profile : policy.profiles) describe_profile(out, profile);
  return out;
}

}  // namespace bh::compile
