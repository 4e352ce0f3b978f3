#include "compile/encode.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "automata/comb.h"
#include "base/pass_times.h"
#include "compile/permissions.h"

namespace bh::compile {
namespace {

/// What the stream is made of: a type byte, then the value, little-endian, without padding.
enum class Tag : std::uint8_t {
  u8 = 0,
  u16 = 1,
  u32 = 2,
  u64 = 3,
  name = 4,
  string = 5,
  blob = 6,
  structure = 7,
  structure_end = 8,
  array = 11,
  array_end = 12,
};

constexpr std::size_t max_string = 65'534;  // the length field counts the NUL
constexpr std::uint32_t parser_abi = 2, policy_version = 2;

class Stream {
 public:
  explicit Stream(std::string& out) : out_(out), start_(out.size()) {}

  void name(std::string_view text) {
    tag(Tag::name);
    text_value(text);
  }
  void string(std::string_view text) {
    tag(Tag::string);
    text_value(text);
  }
  void u16(std::uint16_t value) {
    tag(Tag::u16);
    number(value, 2);
  }
  void u32(std::uint32_t value) {
    tag(Tag::u32);
    number(value, 4);
  }
  void u64(std::uint64_t value) {
    tag(Tag::u64);
    number(value, 8);
  }
  void open(std::string_view text) {
    name(text);
    tag(Tag::structure);
  }
  void close() { tag(Tag::structure_end); }
  void array(std::size_t count) {
    tag(Tag::array);
    number(count, 2);
  }
  void end_array() { tag(Tag::array_end); }
  /// `table` begins at a multiple of 8 from the start of this profile.
  void aligned_blob(std::string_view table) {
    tag(Tag::blob);
    const std::size_t at = out_.size() + 4 - start_;
    const std::size_t padding = (8 - at % 8) % 8;
    number(padding + table.size(), 4);
    out_.append(padding, '\0');
    out_.append(table);
  }

 private:
  void tag(Tag value) { out_.push_back(static_cast<char>(value)); }
  void text_value(std::string_view text) {
    number(text.size() + 1, 2);
    out_.append(text);
    out_.push_back('\0');
  }
  void number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }

  std::string& out_;
  std::size_t start_;
};

// --- automata: big-endian tables ---

constexpr std::uint32_t magic = 0x1B5E783D;
constexpr std::uint32_t header_size = 24;
constexpr std::uint16_t flag_differential = 1, flag_out_of_band = 2;
enum class TableId : std::uint16_t { accept = 1, base = 2, check = 3, def = 4, accept2 = 7, next = 8 };

void big_endian(std::string& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

void pad_to_8(std::string& out) { out.append((8 - out.size() % 8) % 8, '\0'); }

template <class Width>
void append_values(std::string& out, const std::vector<std::uint32_t>& values) {
  const std::size_t begin = out.size();
  out.resize(begin + values.size() * sizeof(Width));
  char* at = out.data() + begin;
  for (const std::uint32_t value : values) {
    const auto word = static_cast<Width>(value);
    for (std::size_t i = 0; i < sizeof(Width); ++i)
      *at++ = static_cast<char>(word >> (8 * (sizeof(Width) - 1 - i)));
  }
}

/// `width`: bytes of a value, 2 or 4.
void append_table(std::string& out, TableId id, unsigned width, const std::vector<std::uint32_t>& values) {
  big_endian(out, static_cast<std::uint32_t>(id), 2);
  big_endian(out, width, 2);
  big_endian(out, 0, 4);
  big_endian(out, static_cast<std::uint32_t>(values.size()), 4);
  if (width == 2) {
    append_values<std::uint16_t>(out, values);
  } else {
    append_values<std::uint32_t>(out, values);
  }
  pad_to_8(out);
}

/// What the states accept, as the tables say it. `accept2` may be absent (empty).
struct AcceptTables {
  std::vector<std::uint32_t> accept, accept2;
};

std::string dfa_bytes(const automata::CombTables& comb, const AcceptTables& accepts) {
  const unsigned width = comb.wide ? 4 : 2;
  std::string out;
  out.reserve(header_size + (accepts.accept.size() + accepts.accept2.size() + comb.base.size()) * 4 +
              (comb.def.size() + comb.next.size() + comb.check.size()) * width + 6 * 20);
  big_endian(out, magic, 4);
  big_endian(out, header_size, 4);
  big_endian(out, 0, 4);  // the size of the whole
  big_endian(out, (comb.diff_encoded ? flag_differential : 0U) | (comb.has_oob ? flag_out_of_band : 0U), 2);
  out.append("notflex", 8);
  out.resize(header_size, '\0');
  append_table(out, TableId::accept, 4, accepts.accept);
  if (!accepts.accept2.empty()) append_table(out, TableId::accept2, 4, accepts.accept2);
  append_table(out, TableId::base, 4, comb.base);
  append_table(out, TableId::def, width, comb.def);
  append_table(out, TableId::next, width, comb.next);
  append_table(out, TableId::check, width, comb.check);
  std::string size;
  big_endian(size, static_cast<std::uint32_t>(out.size()), 4);
  out.replace(8, 4, size);
  return out;
}

// --- the policy ---

enum class Role : std::uint8_t { xmatch, policydb, file };

class Encoder {
 public:
  Encoder(const Features& kernel, std::string& out)
      : dialect_(dialect(kernel)),
        permstable_version_(kernel.value("policy/permstable32_version").value_or(0)),
        out_(out) {
    pack_.allow_32bit = kernel.has("policy/state32");
    pack_.diff_encode = kernel.has("policy/diff-encode") || kernel.has("policy/diff_encode");
  }

  Result<void> profile(const CompiledProfile& profile, std::uint32_t version) {
    BH_TRY_DO(check_strings(profile));
    Stream stream(out_);
    stream.name("version");
    stream.u32(version);
    if (!profile.name_space.empty()) {
      stream.name("namespace");
      stream.string(profile.name_space);
    }
    stream.open("profile");
    stream.string(profile.name);
    BH_TRY_DO(attachment(stream, profile));
    flags(stream, profile);
    capabilities(stream, profile.capabilities);
    string_array(stream, "identity", profile.identity, false);
    string_array(stream, "xattrs", profile.xattrs, true);
    rlimits(stream, profile.rlimits);
    families(stream, profile.network);
    BH_TRY_DO(automata(stream, profile));
    stream.close();
    return {};
  }

 private:
  static Result<void> check_strings(const CompiledProfile& profile) {
    const auto fits = [](const std::string& text) { return text.size() <= max_string; };
    bool good = fits(profile.name) && fits(profile.name_space) && fits(profile.rename.value_or("")) &&
                fits(profile.attach.value_or("")) && fits(profile.disconnected.value_or("")) &&
                fits(profile.disconnected_ipc.value_or(""));
    good = good && std::all_of(profile.xattrs.begin(), profile.xattrs.end(), fits);
    good = good && std::all_of(profile.identity.begin(), profile.identity.end(), fits);
    for (const auto* pdb : {&profile.policydb, &profile.file}) {
      good = good && (!*pdb || std::all_of((*pdb)->xtable.begin(), (*pdb)->xtable.end(), fits));
    }
    if (good) return {};
    return fail("profile {}: a name in it is longer than {} bytes, the most that the kernel's format can say",
                profile.name.substr(0, 80), max_string);
  }

  Result<void> attachment(Stream& stream, const CompiledProfile& profile) {
    optional_string(stream, "rename", profile.rename);
    optional_string(stream, "attach", profile.attach);
    if (profile.xmatch) {
      BH_TRY_DO(pdb(stream, *profile.xmatch, Role::xmatch, profile.name, {}));
      stream.u32(profile.xmatch_len);
    }
    optional_string(stream, "disconnected", profile.disconnected);
    optional_string(stream, "disconnected_ipc", profile.disconnected_ipc);
    optional_number(stream, "kill", profile.kill_signal);
    optional_number(stream, "error", profile.error);
    return {};
  }

  static void flags(Stream& stream, const CompiledProfile& profile) {
    stream.open("flags");
    stream.u32(profile.flags);
    stream.u32(profile.mode);
    stream.u32(profile.audit);
    stream.close();
    optional_number(stream, "path_flags", profile.path_flags);
  }

  static void capabilities(Stream& stream, const CapabilitySets& sets) {
    const std::array<std::uint64_t, 4> fields{sets.allow, sets.audit, sets.quiet, sets.extended};
    for (const std::uint64_t field : fields) stream.u32(static_cast<std::uint32_t>(field));
    stream.open("caps64");
    for (const std::uint64_t field : fields) stream.u32(static_cast<std::uint32_t>(field >> 32));
    stream.close();
  }

  static void rlimits(Stream& stream, const Rlimits& limits) {
    if (limits.mask == 0) return;
    stream.open("rlimits");
    stream.u32(limits.mask);
    stream.array(limits.values.size());
    for (const std::uint64_t value : limits.values) stream.u64(value);
    stream.end_array();
    stream.close();
  }

  static void families(Stream& stream, const std::vector<NetworkFamily>& network) {
    if (network.empty()) return;
    stream.name("net_allowed_af");
    stream.array(network.size());
    for (const NetworkFamily& family : network) {
      stream.u16(family.allow);
      stream.u16(family.audit);
      stream.u16(family.quiet);
    }
    stream.end_array();
  }

  Result<void> automata(Stream& stream, const CompiledProfile& profile) {
    // The kernel's tables of targets belong to the automaton; the new dialect names them with each.
    const std::vector<std::string> none;
    const std::vector<std::string>& targets = profile.file ? profile.file->xtable : none;
    const bool with_perms = dialect_ == Dialect::perms_table;
    if (profile.policydb) {
      stream.open("policydb");
      BH_TRY_DO(pdb(stream, *profile.policydb, Role::policydb, profile.name, with_perms ? targets : none));
      stream.close();
    }
    if (profile.file) BH_TRY_DO(pdb(stream, *profile.file, Role::file, profile.name, targets));
    return {};
  }

  Result<void> pdb(Stream& stream, const Pdb& pdb, Role role, const std::string& profile,
                   const std::vector<std::string>& targets) {
    const bool table = dialect_ == Dialect::perms_table && role != Role::xmatch;
    auto comb = pdb.runs.states() > 0 ? automata::pack(pdb.runs, pack_) : automata::pack(pdb.dfa, pack_);
    if (!comb) {
      return fail("profile {}: the kernel's tables hold {} {}, its {} automaton needs {}", profile,
                  comb.error().limit,
                  comb.error().what == automata::DoesNotFit::What::states ? "states" : "slots",
                  role == Role::file ? "file" : "policydb", comb.error().count);
    }
    if (table) perms_table(stream, pdb, role);
    stream.name("aadfa");
    stream.aligned_blob(dfa_bytes(*comb, table ? indices(pdb, role) : accept_bits(pdb, role)));
    if (!targets.empty()) {
      stream.open("xtable");
      stream.array(targets.size());
      for (const std::string& target : targets) {
        // `:ns:name` was split by a NUL; the kernel wants the whole closed by a second one.
        stream.string(target);
      }
      stream.end_array();
      stream.close();
    }
    return {};
  }

  void perms_table(Stream& stream, const Pdb& pdb, Role role) const {
    const bool pairs = role == Role::file;
    stream.open("perms");
    stream.name("version");
    stream.u32(1);
    stream.array(pdb.perms.size() * (pairs ? 2 : 1));
    for (const FilePerms& entry : pdb.perms) {
      perms_entry(stream, entry.owner);
      if (pairs) perms_entry(stream, entry.other);
    }
    stream.end_array();
    stream.close();
    if (pairs && permstable_version_ >= 3) {
      stream.name("permsv");
      stream.u32(3);
    }
  }

  static void perms_entry(Stream& stream, const Perms& perms) {
    const std::array<std::uint32_t, 14> fields{0,           perms.allow, perms.deny,     perms.subtree,
                                               perms.cond,  perms.kill,  perms.complain, perms.prompt,
                                               perms.audit, perms.quiet, perms.hide,     perms.xindex,
                                               perms.tag,   perms.label};
    for (const std::uint32_t field : fields) stream.u32(field);
  }

  /// The new dialect: positions in the table; a file's state names the owner's entry and asks for its choice
  /// by a flag.
  AcceptTables indices(const Pdb& pdb, Role role) const {
    AcceptTables tables;
    const bool pairs = role == Role::file;
    for (const std::uint32_t index : pdb.accept()) tables.accept.push_back(pairs ? index * 2 : index);
    if (pairs && permstable_version_ >= 3) tables.accept2.assign(pdb.states(), 1);
    return tables;
  }

  static AcceptTables accept_bits(const Pdb& pdb, Role role) {
    std::vector<AcceptBits> words;
    for (const FilePerms& entry : pdb.perms) {
      switch (role) {
        case Role::xmatch:
          words.push_back({entry.owner.allow & perm::exec, 0});
          break;
        case Role::policydb:
          words.push_back(policydb_to_accept(entry.owner));
          break;
        case Role::file:
          words.push_back(file_to_accept(entry));
          break;
      }
    }
    AcceptTables tables;
    for (const std::uint32_t index : pdb.accept()) {
      tables.accept.push_back(words[index].accept);
      tables.accept2.push_back(words[index].accept2);
    }
    return tables;
  }

  static void optional_string(Stream& stream, std::string_view name, const std::optional<std::string>& text) {
    if (!text) return;
    stream.name(name);
    stream.string(*text);
  }
  static void optional_number(Stream& stream, std::string_view name,
                              const std::optional<std::uint32_t>& number) {
    if (!number) return;
    stream.name(name);
    stream.u32(*number);
  }
  static void string_array(Stream& stream, std::string_view name, const std::vector<std::string>& texts,
                           bool in_structure) {
    if (texts.empty()) return;
    if (in_structure) {
      stream.open(name);
    } else {
      stream.name(name);
    }
    stream.array(texts.size());
    for (const std::string& text : texts) stream.string(text);
    stream.end_array();
    if (in_structure) stream.close();
  }

  Dialect dialect_;
  std::uint64_t permstable_version_;
  automata::PackOptions pack_;
  std::string& out_;
};

}  // namespace

Result<std::string> encode(const KernelPolicy& policy, const Features& kernel) {
  const PassTimer timer(Pass::encode);
  std::uint32_t version = policy.kernel_abi;
  if (version > 5) {
    version |= (policy.force_complain ? 1U << 11 : 0) | parser_abi << 12 | policy_version << 20;
  }
  std::string out;
  Encoder encoder(kernel, out);
  for (const CompiledProfile& profile : policy.profiles) BH_TRY_DO(encoder.profile(profile, version));
  return out;
}

}  // namespace bh::compile
