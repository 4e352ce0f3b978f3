#include "compile/decode.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

#include "compile/decode_dfa.h"
#include "compile/packed_reader.h"
#include "compile/permissions.h"

namespace bh::compile {
namespace {

using Type = PackedReader::Type;

constexpr std::uint32_t version_mask = 0x3ff, version_force_complain = 1u << 11;
constexpr std::uint32_t oldest_version = 5, newest_version = 9;
constexpr std::uint32_t accept_flag_owner = 1;
constexpr std::uint32_t highest_signal = 35;
constexpr std::size_t rlimit_count = 16;

/// A C string ends at its first NUL, whatever its length says.
std::string c_string(std::string_view text) { return std::string(text.substr(0, text.find('\0'))); }

/// Whose permissions an automaton's accept tables hold: they are packed differently.
enum class Role : std::uint8_t { xmatch, policydb, file };

/// Reads one `pdb`: [tags] [perms] [permsv] aadfa [start] [dfa_start] [xtable].
class PdbReader {
 public:
  PdbReader(PackedReader& in, Role role, automata::Budget& budget) : in_(in), role_(role), budget_(budget) {}

  /// None: the stream holds none here, or (in.ok() false) a wrong one.
  std::optional<Pdb> read();
  [[nodiscard]] bool perms_table() const { return perms_table_; }

 private:
  void read_tags();
  void read_perms();
  void check(const Perms& perms, std::size_t index);
  void read_xtable();
  void check_target(std::string_view target);
  [[nodiscard]] bool targets_exist(const Perms& perms) const;
  void check_table();
  void enter_at(automata::Dfa& dfa, std::uint32_t start);
  std::optional<FilePerms> entry(std::uint32_t accept, std::uint32_t accept2);
  void fill_perms(DecodedDfa& decoded);

  PackedReader& in_;
  Role role_;
  automata::Budget& budget_;
  Pdb pdb_;
  bool perms_table_ = false;
  bool flags_in_accept2_ = false;
  std::vector<Perms> table_;
  std::size_t tag_sets_ = 0;
};

/// Texts that a rule may carry into the log (Linux 7.2). Nothing here uses them; read past, with their shape
/// checked.
void PdbReader::read_tags() {
  if (!in_.take(Type::structure, "tags")) return;
  if (in_.u32("version") != 1) in_.fail("the tags' version is not 1");
  if (in_.take(Type::structure, "strs")) {
    const std::size_t count = in_.array().value_or(0);
    for (std::size_t i = 0; i < count && in_.ok(); ++i) {
      if (!in_.string()) in_.fail("a tag's text is missing");
    }
    in_.expect(Type::array_end, {}, "the end of the tags' texts");
    in_.expect(Type::structure_end, {}, "the end of the tags' texts");
  }
  const auto numbers = [&](std::string_view name, std::size_t each) {
    const auto count = in_.array(name);
    if (!count) in_.fail(fmt::format("the tags' `{}` are missing", name));
    for (std::size_t i = 0; i < count.value_or(0) * each && in_.ok(); ++i)
      in_.expect_u32("a number of the tags");
    in_.expect(Type::array_end, {}, "the end of the tags' numbers");
    return std::size_t{count.value_or(0)};
  };
  numbers("hdrs", 4);
  tag_sets_ = numbers("sets", 1);
  in_.expect(Type::structure_end, {}, "the end of the tags");
}

void PdbReader::read_perms() {
  if (!in_.take(Type::structure, "perms")) return;
  perms_table_ = true;
  if (in_.u32("version") != 1) in_.fail("the permission table's version is not 1");
  const auto count = in_.array();
  if (!count) in_.fail("the permission table is missing");
  for (std::size_t i = 0; i < count.value_or(0) && in_.ok(); ++i) {
    Perms perms;
    in_.expect_u32("a permission entry");  // reserved
    for (std::uint32_t* field :
         {&perms.allow, &perms.deny, &perms.subtree, &perms.cond, &perms.kill, &perms.complain, &perms.prompt,
          &perms.audit, &perms.quiet, &perms.hide, &perms.xindex, &perms.tag, &perms.label}) {
      *field = in_.expect_u32("a permission entry");
    }
    check(perms, i);
    table_.push_back(perms);
  }
  if (in_.ok()) in_.expect(Type::array_end, {}, "the end of the permission table");
  if (in_.ok()) in_.expect(Type::structure_end, {}, "the end of the permission table");
}

/// policy_unpack.c, verify_perm.
void PdbReader::check(const Perms& perms, std::size_t index) {
  const bool consistent = (perms.allow & perms.deny) == 0 && (perms.subtree & ~perms.allow) == 0 &&
                          (perms.cond & (perms.allow | perms.deny)) == 0 && (perms.kill & perms.allow) == 0 &&
                          (perms.complain & (perms.allow | perms.deny)) == 0 &&
                          (perms.prompt & (perms.allow | perms.deny)) == 0 &&
                          (perms.complain & perms.prompt) == 0 && (perms.hide & perms.allow) == 0;
  if (!consistent) in_.fail(fmt::format("permission entry {} contradicts itself", index));
}

/// policy_unpack.c, process_strs_entry: a label, or none; `:ns:name` has a NUL for its second colon.
void PdbReader::check_target(std::string_view target) {
  const auto starts_well = [](std::string_view part) {
    return part.empty() || (part[0] != '\0' && part[0] != ' ' && (part[0] < '\t' || part[0] > '\r'));
  };
  const std::size_t nul = target.find('\0');
  const std::string_view rest = nul == std::string_view::npos ? std::string_view{} : target.substr(nul + 1);
  const bool in_namespace = target.starts_with(':');
  if (!starts_well(target) || !starts_well(rest))
    in_.fail("a transition target that starts with a blank");
  else if (in_namespace && nul == 1)
    in_.fail("a transition target with an empty namespace");
  else if (rest.find('\0') != std::string_view::npos || (!in_namespace && nul != std::string_view::npos))
    in_.fail("a transition target with a NUL inside");
}

void PdbReader::read_xtable() {
  if (!in_.take(Type::structure, "xtable")) return;
  const auto count = in_.array();
  if (!count) in_.fail("the transition table is missing");
  for (std::size_t i = 0; i < count.value_or(0) && in_.ok(); ++i) {
    const auto target = in_.string();
    if (!target) return in_.fail("a transition target is missing");
    check_target(*target);
    pdb_.xtable.emplace_back(*target);
  }
  if (in_.ok()) in_.expect(Type::array_end, {}, "the end of the transition table");
  if (in_.ok()) in_.expect(Type::structure_end, {}, "the end of the transition table");
}

/// Makes `start` the state 1 that everybody here enters at. Only its place in the tables changes.
void PdbReader::enter_at(automata::Dfa& dfa, std::uint32_t start) {
  if (start == automata::Dfa::start) return;
  if (start == automata::Dfa::trap || start >= dfa.states()) {
    return in_.fail(fmt::format("start state {} of an automaton of {} states", start, dfa.states()));
  }
  const auto other = [start](std::uint32_t state) {
    if (state == start) return automata::Dfa::start;
    return state == automata::Dfa::start ? start : state;
  };
  for (std::uint32_t& target : dfa.next) target = other(target);
  const std::size_t width = dfa.class_count;
  const auto row = [&](std::uint32_t state) {
    return dfa.next.begin() + static_cast<std::ptrdiff_t>(state * width);
  };
  std::swap_ranges(row(start), row(start + 1), row(automata::Dfa::start));
  std::swap(dfa.accept[start], dfa.accept[automata::Dfa::start]);
}

bool PdbReader::targets_exist(const Perms& perms) const {
  const bool in_table = (perms.xindex & xindex::table) != 0;
  return !in_table || (perms.xindex & xindex::index_mask) < pdb_.xtable.size();
}

/// policy_unpack.c, verify_perms: every entry, used or not.
void PdbReader::check_table() {
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (!targets_exist(table_[i]))
      return in_.fail(fmt::format("permission entry {} leads to an exec target that is not there", i));
    if (table_[i].tag != 0 && table_[i].tag >= tag_sets_)
      return in_.fail(fmt::format("permission entry {} has a tag that is not there", i));
    if (table_[i].label != 0 && table_[i].label >= pdb_.xtable.size())
      return in_.fail(fmt::format("permission entry {} has a label that is not there", i));
  }
}

/// None: a state's accept numbers point outside the tables.
std::optional<FilePerms> PdbReader::entry(std::uint32_t accept, std::uint32_t accept2) {
  FilePerms found;
  if (perms_table_) {
    const bool pair = role_ == Role::file && (!flags_in_accept2_ || (accept2 & accept_flag_owner) != 0);
    const std::size_t second = std::size_t{accept} + (pair ? 1 : 0);
    if (second >= table_.size()) return std::nullopt;
    found = {table_[accept], table_[second]};
  } else if (role_ == Role::file) {
    found = file_from_accept({accept, accept2});
  } else if (role_ == Role::policydb) {
    const Perms perms = policydb_from_accept({accept, accept2});
    found = {perms, perms};
  } else {  // match.c knows one permission of an attachment: it is one
    found.owner.allow = found.other.allow = accept & perm::exec;
  }
  if (!targets_exist(found.owner) || !targets_exist(found.other)) return std::nullopt;
  return found;
}

void PdbReader::fill_perms(DecodedDfa& decoded) {
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> seen;  // accept words -> index in perms
  for (std::size_t state = 0; state < decoded.accept.size(); ++state) {
    const std::uint32_t accept = decoded.accept[state];
    const std::uint32_t accept2 = decoded.accept2.empty() ? 0 : decoded.accept2[state];
    const auto [place, fresh] = seen.try_emplace(std::uint64_t{accept} << 32 | accept2,
                                                 static_cast<std::uint32_t>(pdb_.perms.size()));
    if (fresh) {
      const auto perms = entry(accept, accept2);
      if (!perms)
        return in_.fail(fmt::format("state {} has permissions ({:#x}, {:#x}) that point outside their table",
                                    state, accept, accept2));
      pdb_.perms.push_back(*perms);
    }
    decoded.dfa.accept[state] = place->second;
  }
}

std::optional<Pdb> PdbReader::read() {
  read_tags();
  read_perms();
  const auto version = in_.u32("permsv");
  flags_in_accept2_ = perms_table_ && version.value_or(0) > 2;
  const std::size_t at = in_.position();
  const auto blob = in_.blob("aadfa");
  if (!blob) {
    if (perms_table_) in_.fail("a permission table without an automaton");
    // Old writers left the table of transitions even where there is no automaton.
    read_xtable();
    return std::nullopt;
  }
  const AcceptTables tables = !perms_table_       ? AcceptTables::both
                              : flags_in_accept2_ ? AcceptTables::index_flags
                                                  : AcceptTables::index;
  auto decoded = decode_dfa(*blob, tables, budget_);
  if (!decoded) {
    in_.fail(decoded.error().text, at);
    return std::nullopt;
  }
  budget_.max_bytes -= std::min(budget_.max_bytes, decoded->dfa.next.size() * sizeof(std::uint32_t));
  const std::uint32_t start = in_.u32("start").value_or(automata::Dfa::start);
  const std::uint32_t file_start = in_.u32("dfa_start").value_or(automata::Dfa::start);
  read_xtable();
  if (in_.ok()) check_table();
  if (in_.ok()) fill_perms(*decoded);
  if (in_.ok()) enter_at(decoded->dfa, role_ == Role::policydb ? start : file_start);
  if (!in_.ok()) return std::nullopt;
  pdb_.dfa = std::move(decoded->dfa);
  return std::move(pdb_);
}

/// Reads one profile, member by member in the kernel's order.
class ProfileReader {
 public:
  ProfileReader(PackedReader& in, std::uint32_t version, automata::Budget& budget)
      : in_(in), version_(version), budget_(budget) {}

  /// Only good where in.ok().
  CompiledProfile read();
  [[nodiscard]] const std::string& name() const { return profile_.name; }
  [[nodiscard]] bool perms_table() const { return perms_table_; }

 private:
  void read_name();
  void read_attachment();
  void read_flags();
  void read_capabilities();
  void read_lists();
  void read_rlimits();
  void read_secmark();
  void read_network();
  void read_automata();
  void read_data();
  std::optional<Pdb> read_pdb(Role role);

  PackedReader& in_;
  std::uint32_t version_;
  automata::Budget& budget_;
  CompiledProfile profile_;
  bool perms_table_ = false;
};

std::optional<Pdb> ProfileReader::read_pdb(Role role) {
  PdbReader reader(in_, role, budget_);
  auto pdb = reader.read();
  if (pdb && role != Role::xmatch) perms_table_ = perms_table_ || reader.perms_table();
  return pdb;
}

void ProfileReader::read_name() {
  const auto name = in_.string();
  if (!name) return in_.fail("the profile's name is missing");
  profile_.name = c_string(*name);
  if (profile_.name.starts_with(':')) {  // `:ns:name` or `:ns://name`
    const std::size_t end = profile_.name.find(':', 1);
    if (end == std::string::npos) return in_.fail("a namespace instead of the profile's name");
    profile_.name_space = profile_.name.substr(1, end - 1);
    profile_.name.erase(0, end + 1);
    if (profile_.name.starts_with("//")) profile_.name.erase(0, 2);
  }
  if (profile_.name.empty()) in_.fail("the profile's name is empty");
}

void ProfileReader::read_attachment() {
  if (auto text = in_.string("rename")) profile_.rename = c_string(*text);
  if (auto text = in_.string("attach")) profile_.attach = c_string(*text);
  profile_.xmatch = read_pdb(Role::xmatch);
  if (profile_.xmatch) profile_.xmatch_len = in_.expect_u32("the attachment's least length");
  if (auto text = in_.string("disconnected")) profile_.disconnected = c_string(*text);
  if (auto text = in_.string("disconnected_ipc")) profile_.disconnected_ipc = c_string(*text);
  const std::size_t at = in_.position();
  profile_.kill_signal = in_.u32("kill");
  if (profile_.kill_signal && (*profile_.kill_signal < 1 || *profile_.kill_signal > highest_signal)) {
    in_.fail(fmt::format("kill signal {} is not one of 1 to {}", *profile_.kill_signal, highest_signal), at);
  }
  profile_.error = in_.u32("error");
}

void ProfileReader::read_flags() {
  if (!in_.expect(Type::structure, "flags", "the profile's `flags`")) return;
  profile_.flags = in_.expect_u32("the profile's flags");
  const std::size_t at = in_.position();
  profile_.mode = in_.expect_u32("the profile's mode");
  if (profile_.mode > static_cast<std::uint32_t>(Mode::user))
    in_.fail(fmt::format("mode {} is unknown", profile_.mode), at);
  if ((version_ & version_force_complain) != 0) profile_.mode = static_cast<std::uint32_t>(Mode::complain);
  profile_.audit = in_.expect_u32("the profile's audit mode");
  in_.expect(Type::structure_end, {}, "the end of the profile's `flags`");
  profile_.path_flags = in_.u32("path_flags");
}

void ProfileReader::read_capabilities() {
  CapabilitySets& sets = profile_.capabilities;
  for (std::uint64_t* set : {&sets.allow, &sets.audit, &sets.quiet})
    *set = in_.expect_u32("the profile's capabilities");
  in_.expect_u32("the profile's capabilities");
  const auto high = [&](std::uint64_t& set) {
    set |= std::uint64_t{in_.expect_u32("the high half of capabilities")} << 32;
  };
  if (in_.take(Type::structure, "caps64")) {
    for (std::uint64_t* set : {&sets.allow, &sets.audit, &sets.quiet}) high(*set);
    in_.expect_u32("the high half of capabilities");
    in_.expect(Type::structure_end, {}, "the end of `caps64`");
  }
  if (in_.take(Type::structure, "capsx")) {
    sets.extended = in_.expect_u32("the extended capabilities");
    high(sets.extended);
    in_.expect(Type::structure_end, {}, "the end of `capsx`");
  }
}

void ProfileReader::read_lists() {
  const auto strings = [&](std::vector<std::string>& into, std::uint16_t count) {
    for (std::size_t i = 0; i < count && in_.ok(); ++i) {
      const auto text = in_.string();
      if (!text) return in_.fail("a string of a list is missing");
      into.push_back(c_string(*text));
    }
    in_.expect(Type::array_end, {}, "the end of a list");
  };
  if (auto count = in_.array("identity")) strings(profile_.identity, *count);
  if (in_.take(Type::structure, "xattrs")) {
    if (auto count = in_.array())
      strings(profile_.xattrs, *count);
    else
      in_.fail("the list of xattrs is missing");
    in_.expect(Type::structure_end, {}, "the end of `xattrs`");
  }
}

void ProfileReader::read_rlimits() {
  if (!in_.take(Type::structure, "rlimits")) return;
  Rlimits& limits = profile_.rlimits;
  limits.mask = in_.expect_u32("the mask of rlimits");
  const auto count = in_.array();
  if (!count || *count > rlimit_count) return in_.fail("the list of rlimits is missing or too long");
  for (std::size_t i = 0; i < *count; ++i) {
    const auto value = in_.u64();
    if (!value) return in_.fail("an rlimit is missing");
    limits.values[i] = *value;
  }
  in_.expect(Type::array_end, {}, "the end of the list of rlimits");
  in_.expect(Type::structure_end, {}, "the end of `rlimits`");
}

/// No writer that we know of emits these; read past, so that a policy that has them is understood otherwise.
void ProfileReader::read_secmark() {
  if (!in_.take(Type::structure, "secmark")) return;
  const auto count = in_.array();
  if (!count) return in_.fail("the list of secmarks is missing");
  for (std::size_t i = 0; i < *count; ++i) {
    if (!in_.u8() || !in_.u8() || !in_.string()) return in_.fail("a secmark is missing");
  }
  in_.expect(Type::array_end, {}, "the end of the list of secmarks");
  in_.expect(Type::structure_end, {}, "the end of `secmark`");
}

void ProfileReader::read_network() {
  const auto count = in_.array("net_allowed_af");
  if (!count) return;
  for (std::size_t i = 0; i < *count && in_.ok(); ++i) {
    const auto allow = in_.u16(), audit = in_.u16(), quiet = in_.u16();
    if (!allow || !audit || !quiet) return in_.fail("an address family is missing");
    profile_.network.push_back({*allow, *audit, *quiet});
  }
  in_.expect(Type::array_end, {}, "the end of the address families");
}

void ProfileReader::read_automata() {
  if (in_.take(Type::structure, "policydb")) {
    profile_.policydb = read_pdb(Role::policydb);
    if (!profile_.policydb) in_.fail("`policydb` without an automaton");
    in_.expect(Type::structure_end, {}, "the end of `policydb`");
  }
  if (in_.ok()) profile_.file = read_pdb(Role::file);
}

void ProfileReader::read_data() {
  if (!in_.take(Type::structure, "data")) return;
  while (auto key = in_.string()) {
    const auto value = in_.blob();
    if (!value) return in_.fail("the value of a data entry is missing");
    profile_.data.emplace_back(c_string(*key), std::string(*value));
  }
  in_.expect(Type::structure_end, {}, "the end of `data`");
}

CompiledProfile ProfileReader::read() {
  if (!in_.expect(Type::structure, "profile", "an element `profile`")) return {};
  constexpr void (ProfileReader::* members[])() = {
      &ProfileReader::read_name,         &ProfileReader::read_attachment, &ProfileReader::read_flags,
      &ProfileReader::read_capabilities, &ProfileReader::read_lists,      &ProfileReader::read_rlimits,
      &ProfileReader::read_secmark,      &ProfileReader::read_network,    &ProfileReader::read_automata,
      &ProfileReader::read_data,
  };
  for (auto member : members) {
    if (in_.ok()) (this->*member)();
  }
  if (in_.ok())
    in_.expect(Type::structure_end, {},
               "the end of the profile (or an element is unknown, or out of its order)");
  return std::move(profile_);
}

/// `version` and `namespace` in front of a profile. Both hold on for the profiles after them.
void read_header(PackedReader& in, std::optional<std::uint32_t>& version, std::string& name_space) {
  const std::size_t at = in.position();
  if (auto found = in.u32("version")) version = *found;
  if (!version) return in.fail("no version: this is not a compiled policy", at);
  const std::uint32_t abi = *version & version_mask;
  if (abi < oldest_version || abi > newest_version) {
    return in.fail(
        fmt::format("version {} of the format is not one of {} to {}", abi, oldest_version, newest_version),
        at);
  }
  const std::size_t place = in.position();
  const auto found = in.string("namespace");
  if (!found) return;
  const std::string name = c_string(*found);
  if (name.empty()) return in.fail("an empty namespace", place);
  if (!name_space.empty() && name_space != name) return in.fail("a second namespace in one load", place);
  name_space = name;
}

}  // namespace

Result<KernelPolicy> decode(std::string_view bytes) {
  KernelPolicy policy;
  PackedReader in(bytes);
  automata::Budget budget;  // one for the whole load: many small automata may be no dearer than one large one
  std::optional<std::uint32_t> version;
  std::string name_space;
  bool all_complain = true;
  do {
    read_header(in, version, name_space);
    if (!in.ok()) return fail("policy: element at byte {}: {}", in.failed_at(), in.failure());
    if (policy.profiles.empty()) policy.kernel_abi = *version & version_mask;
    all_complain = all_complain && (*version & version_force_complain) != 0;
    ProfileReader reader(in, *version, budget);
    CompiledProfile profile = reader.read();
    if (!in.ok())
      return fail("profile {}: element at byte {}: {}", profile.name.empty() ? "?" : profile.name,
                  in.failed_at(), in.failure());
    if (reader.perms_table()) policy.dialect = Dialect::perms_table;
    profile.dbus_needs_net_v9 = reader.perms_table();
    if (name_space.empty()) name_space = profile.name_space;
    policy.profiles.push_back(std::move(profile));
  } while (!in.at_end());
  policy.force_complain = all_complain;
  for (CompiledProfile& profile : policy.profiles) profile.name_space = name_space;
  return policy;
}

}  // namespace bh::compile
