#include "query/question.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <algorithm>

#include "compile/describe.h"
#include "compile/names.h"

namespace bh::query {
namespace {

using compile::CompiledProfile;
namespace medclass = compile::medclass;
namespace perm = compile::perm;

constexpr std::uint32_t mount_continue = 0x40;  // mount.c, AA_MNT_CONT_MATCH
/// net.h, NET_FS_PERMS: what is asked of a socket that is a file, as bits of file permissions.
constexpr std::uint32_t socket_file_perms = perm::send | perm::receive | perm::create | perm::remove |
                                            perm::connect | perm::rename | perm::setattr | perm::getattr |
                                            perm::chmod | perm::chown | perm::lock;
constexpr char command_address = 1, command_listen = 2, command_option = 4;  // af_unix.c, match_to_cmd

void byte(std::string& to, std::uint32_t value) { to.push_back(static_cast<char>(value)); }
void be16(std::string& to, std::uint32_t value) {
  byte(to, value >> 8 & 0xff);
  byte(to, value & 0xff);
}

/// Builds the steps of one action.
class Asker {
 public:
  Asker(const CompiledProfile& profile, const Action& action) : profile_(profile), action_(action) {}

  std::vector<Step> ask();

 private:
  [[nodiscard]] Question file(std::string path, std::uint32_t request, std::string what) const;
  [[nodiscard]] Question db(std::uint8_t mediation_class, std::string bytes, std::uint32_t request,
                            std::string what) const;
  [[nodiscard]] Question unasked(std::string what, std::string why) const;
  /// `self` is this profile; the parts of `a//&b` in the order of label.c, profile_cmp.
  [[nodiscard]] std::vector<std::string> label_parts(std::string_view label) const;
  [[nodiscard]] std::string peer_text() const;

  void network();
  [[nodiscard]] Question family(std::uint32_t type, std::uint32_t request, std::string what) const;
  void unix_socket();
  [[nodiscard]] Question unix_question(std::uint8_t net, std::uint32_t type, std::uint32_t bit) const;
  void signal();
  void ptrace();
  [[nodiscard]] Question ptrace_bit(std::uint32_t bit) const;
  void mount();
  void change_profile();
  void io_uring();
  void mqueue();
  void dbus();

  void one(Question question) { steps_.push_back({std::move(question)}); }

  const CompiledProfile& profile_;
  const Action& action_;
  std::vector<Step> steps_;
};

Question Asker::file(std::string path, std::uint32_t request, std::string what) const {
  Question question;
  question.what = std::move(what);
  question.request = request;
  question.walk.push_back({std::move(path), 0});
  return question;
}

Question Asker::db(std::uint8_t mediation_class, std::string bytes, std::uint32_t request,
                   std::string what) const {
  Question question = file(std::move(bytes), request, std::move(what));
  question.table = Question::Table::policydb;
  question.mediation_class = mediation_class;
  return question;
}

Question Asker::unasked(std::string what, std::string why) const {
  Question question;
  question.what = std::move(what);
  question.table = Question::Table::unasked;
  question.note = std::move(why);
  return question;
}

std::vector<std::string> Asker::label_parts(std::string_view label) const {
  constexpr std::string_view stack = "//&";
  std::vector<std::string> parts;
  while (true) {
    const std::size_t stop = std::min(label.find(stack), label.size());
    const std::string_view part = label.substr(0, stop);
    parts.emplace_back(part == "self" ? std::string_view(profile_.name) : part);
    if (stop == label.size()) break;
    label.remove_prefix(stop + stack.size());
  }
  const auto order = [](const std::string& a, const std::string& b) {
    return std::pair(a.starts_with(':'), std::string_view(a)) <
           std::pair(b.starts_with(':'), std::string_view(b));
  };
  std::ranges::sort(parts, order);
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

std::string Asker::peer_text() const {
  return action_.peer ? fmt::format("{}", fmt::join(label_parts(*action_.peer), "//&")) : "unconfined";
}

Question Asker::family(std::uint32_t type, std::uint32_t request, std::string what) const {
  const std::uint8_t net = mediates(profile_, medclass::net_v9) ? medclass::net_v9 : medclass::net_v8;
  if (!mediates(profile_, net) && !profile_.network.empty()) {
    Question question;
    question.what = std::move(what);
    question.table = Question::Table::family;
    question.family = action_.family;
    question.type = type;
    return question;
  }
  std::string bytes(1, static_cast<char>(net));
  be16(bytes, action_.family);
  be16(bytes, type);
  Question question = db(net, std::move(bytes), request, std::move(what));
  std::string protocol;
  be16(protocol, action_.protocol);
  question.walk.push_back({std::move(protocol), perm::cont_match});
  return question;
}

void Asker::network() {
  for (const std::uint32_t type : action_.types) {
    std::string what = fmt::format("network {} {}", compile::name_of(compile::family_names(), action_.family),
                                   compile::name_of(compile::socket_type_names(), type));
    if (action_.family == AF_UNIX && action_.request == perm::create &&
        mediates(profile_, medclass::net_v9)) {
      one(unix_question(medclass::net_v9, type, perm::create));
      steps_.back().front().what = std::move(what);
      continue;
    }
    one(family(type, action_.request, std::move(what)));
  }
}

/// One access of a unix socket where the kernel mediates them by address (af_unix.c). `bit`: one of unix's
/// accesses.
Question Asker::unix_question(std::uint8_t net, std::uint32_t type, std::uint32_t bit) const {
  const bool to_peer = (bit & (perm::connect | perm::send | perm::receive)) != 0;
  const std::string address = action_.subject.value_or("none");
  const auto socket_address = [](const std::string& text) {
    return text == "none" ? std::string(1, '\1') : std::string(1, '\0') + text.substr(1);
  };
  std::string bytes(1, static_cast<char>(net));
  be16(bytes, AF_UNIX);
  be16(bytes, type);
  be16(bytes, 0);  // protocol
  if (bit == perm::create) return db(net, std::move(bytes), bit, "make a unix socket");
  bytes += to_peer ? socket_address("none") : socket_address(address);
  bytes.append(2, '\0');  // after the address, and after the local label, which is never matched
  if (to_peer) {
    bytes.push_back(command_address);
    bytes += socket_address(address);
    bytes.push_back('\0');
  } else if (bit == perm::listen) {
    bytes.push_back(command_listen);
    bytes.append(2, '\0');  // backlog: rules cannot tell it apart
  } else if (bit == perm::setopt || bit == perm::getopt) {
    bytes.push_back(command_option);
    bytes.append(2, '\0');  // option: rules cannot tell it apart
  }
  Question question =
      db(net, std::move(bytes), bit, fmt::format("{} {}", compile::perm_words(bit, net), address));
  if (!to_peer) return question;
  question.label_mode = Question::Label::parts;
  question.label = label_parts(action_.peer.value_or("unconfined"));
  question.what += fmt::format(" of {}", peer_text());
  return question;
}

void Asker::unix_socket() {
  const std::uint32_t type = action_.types.front();
  const std::string address = action_.subject.value_or("none");
  if (!mediates(profile_, medclass::net_v9)) {
    Step step{family(type, action_.request,
                     fmt::format("unix {}", compile::name_of(compile::socket_type_names(), type)))};
    if (action_.request != perm::create)
      step.push_back(unasked(fmt::format("address {}", address),
                             "addresses of unix sockets are not mediated by this kernel or ABI"));
    steps_.push_back(std::move(step));
    return;
  }
  if (address.starts_with('/')) {
    if (action_.request == perm::bind)
      return one(file(address, perm::create, fmt::format("make the socket {}", address)));
    return one(file(address, action_.request & socket_file_perms, fmt::format("use the socket {}", address)));
  }
  constexpr std::uint32_t to_peer = perm::connect | perm::send | perm::receive;
  Step step;
  if ((action_.request & to_peer) != 0)
    step.push_back(unix_question(medclass::net_v9, type, action_.request & to_peer));
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((action_.request & ~to_peer & bit) != 0) step.push_back(unix_question(medclass::net_v9, type, bit));
  }
  steps_.push_back(std::move(step));
}

void Asker::signal() {
  for (const std::uint8_t number : action_.signals) {
    std::string bytes(1, static_cast<char>(medclass::signal));
    byte(bytes, number);
    std::string name(compile::name_of(compile::signal_names(), number));
    if (name.empty()) name = fmt::format("rtmin+{}", number - 128);
    const std::string_view access = action_.request == perm::send      ? "send"
                                    : action_.request == perm::receive ? "receive"
                                                                       : "send and receive";
    Question question = db(medclass::signal, std::move(bytes), action_.request,
                           fmt::format("{} {}, {}", access, name, peer_text()));
    question.label_mode = Question::Label::whole_or_parts;
    question.label = label_parts(*action_.peer);
    one(std::move(question));
  }
}

Question Asker::ptrace_bit(std::uint32_t bit) const {
  const std::string what = fmt::format("{} {}", compile::perm_words(bit, medclass::ptrace), peer_text());
  const bool as_tracer = (bit & 6) != 0;
  if (!as_tracer && peer_text() == "unconfined")
    return unasked(what, "the kernel does not ask about an unconfined tracer");
  if (!mediates(profile_, medclass::ptrace)) {
    if (!as_tracer || peer_text() == profile_.name)
      return unasked(what, "ptrace is not mediated by this kernel or ABI");
    Question question;  // task.c, profile_tracer_perm
    question.what = "capability sys_ptrace, since ptrace is not mediated by this kernel or ABI";
    question.table = Question::Table::capability;
    question.request = *compile::number_of(compile::capability_names(), "sys_ptrace");
    return question;
  }
  std::string bytes(1, static_cast<char>(medclass::label));
  byte(bytes, medclass::ptrace);
  Question question = db(medclass::ptrace, std::move(bytes), bit, what);
  question.label_mode = Question::Label::whole_or_parts;
  question.label = label_parts(*action_.peer);
  return question;
}

void Asker::ptrace() {
  Step step;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((action_.request & bit) != 0) step.push_back(ptrace_bit(bit));
  }
  steps_.push_back(std::move(step));
}

/// lsm.c, apparmor_sb_mount: which of device, type and flags are looked at depends on the kind of mount.
void Asker::mount() {
  constexpr std::uint32_t change_type = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
  std::uint32_t flags = action_.mount_flags;
  std::optional<std::string> device = action_.subject, type, data;
  if ((flags & MS_REMOUNT) != 0) {
    device.reset();
    data = action_.data;
  } else if ((flags & MS_BIND) != 0) {
    flags &= MS_REC | MS_BIND;
  } else if ((flags & change_type) != 0) {
    flags &= MS_REC | MS_SILENT | change_type;
    device.reset();
  } else if ((flags & MS_MOVE) != 0) {
    flags = MS_MOVE;
  } else {
    type = action_.fstype;
    data = action_.data;
  }
  std::string bytes(1, static_cast<char>(medclass::mount));
  bytes += *action_.target;
  bytes.push_back('\0');
  bytes += device.value_or("");
  bytes.push_back('\0');
  bytes += type.value_or("");
  bytes.push_back('\0');
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    if ((flags >> bit & 1) != 0) byte(bytes, bit + 1);
  }
  Question question = db(medclass::mount, std::move(bytes), action_.request, action_.text);
  if (data) question.walk.push_back({std::string(1, '\0') + *data, mount_continue});
  one(std::move(question));
}

/// domain.c: now: label_match from the start; at an exec: profile_onexec, after the label was set aside. That
/// one means to refuse a program without the onexec permission, and returns success (docs/decisions/0004).
void Asker::change_profile() {
  std::string_view target = *action_.target;
  const bool stacks = target.starts_with('&');
  if (stacks) target.remove_prefix(1);
  const auto with_label = [&](std::string before, std::uint32_t request, std::string what) {
    Question question = file(std::move(before), request, std::move(what));
    if (stacks) question.walk.back().bytes.push_back('&');
    question.label_mode = Question::Label::whole_or_parts;
    question.label = label_parts(target);
    return question;
  };
  if (!action_.subject)
    return one(with_label("", perm::change_profile, fmt::format("change to {}", *action_.target)));
  Step step;
  step.push_back(with_label("", perm::onexec, fmt::format("change to {} at the next exec", *action_.target)));
  Question program = file(*action_.subject, perm::onexec,
                          fmt::format("change the profile when running {}", *action_.subject));
  program.refusal_passes = true;
  program.note =
      "no rule allows it for this program, but the kernel only refuses a program that may change to other "
      "profiles";
  step.push_back(std::move(program));
  step.push_back(with_label(*action_.subject + std::string(1, '\0'), perm::onexec,
                            fmt::format("run {} as {}", *action_.subject, *action_.target)));
  steps_.push_back(std::move(step));
}

void Asker::io_uring() {
  Step step;
  for (const std::uint32_t bit : {std::uint32_t{8}, std::uint32_t{0x10}}) {
    if ((action_.request & bit) == 0) continue;
    Question question = db(medclass::io_uring, std::string(1, static_cast<char>(medclass::io_uring)), bit,
                           compile::perm_words(bit, medclass::io_uring));
    if (bit == 8) {
      question.label_mode = Question::Label::whole_or_parts;
      question.label = label_parts(action_.peer.value_or("self"));
      question.what += " of " + (action_.peer ? peer_text() : profile_.name);
    }
    step.push_back(std::move(question));
  }
  steps_.push_back(std::move(step));
}

void Asker::mqueue() {
  std::string bytes(1, static_cast<char>(medclass::posix_mqueue));
  bytes += *action_.subject;
  Question question = db(medclass::posix_mqueue, bytes, action_.request, action_.text);
  if (action_.request != perm::create) {  // one that is there has a label
    question.walk.back().bytes.push_back('\0');
    question.label_mode = Question::Label::whole_or_parts;
    question.label = label_parts(action_.peer.value_or("self"));
  }
  one(std::move(question));
}

/// As dbus-daemon asks through apparmorfs' .access file.
void Asker::dbus() {
  if (profile_.dbus_needs_net_v9 && mediates(profile_, medclass::dbus) &&
      !mediates(profile_, medclass::net_v9))
    return one(unasked(
        action_.text,
        "from Linux 6.17 on the kernel leaves dbus alone where the policy's abi knows no network_v9"));
  std::string bytes(1, static_cast<char>(medclass::dbus));
  bytes += *action_.subject;
  if (action_.request == 0x20)
    return one(db(medclass::dbus, std::move(bytes), action_.request, action_.text));
  const auto field = [&](const std::optional<std::string>& value) {
    bytes.push_back('\0');
    bytes += value.value_or("");
  };
  field(action_.request == 0x40 ? action_.name : action_.peer_name);
  if (action_.request != 0x40) {
    bytes.push_back('\0');
    bytes += fmt::format("{}", fmt::join(label_parts(action_.peer.value_or("unconfined")), "//&"));
    field(action_.path);
    field(action_.interface);
    field(action_.member);
  }
  one(db(medclass::dbus, std::move(bytes), action_.request, action_.text));
}

std::vector<Step> Asker::ask() {
  const std::string subject = action_.subject.value_or("");
  switch (action_.kind) {
    case ActionKind::file:
      one(file(subject, action_.request, action_.text));
      break;
    case ActionKind::rename:  // lsm.c, apparmor_path_rename
      steps_.push_back({file(subject, perm::read | perm::getattr | perm::write | perm::setattr | perm::remove,
                             fmt::format("move away {}", subject)),
                        file(*action_.target, perm::write | perm::setattr | perm::create,
                             fmt::format("move to {}", *action_.target))});
      break;
    case ActionKind::link: {
      Question question = file(subject, perm::link, action_.text);
      question.link = action_.target;
      one(std::move(question));
      break;
    }
    case ActionKind::capability: {
      Question question;
      question.what = action_.text;
      question.table = Question::Table::capability;
      question.mediation_class = medclass::capability;
      question.request = action_.request;
      one(std::move(question));
      break;
    }
    case ActionKind::network:
      network();
      break;
    case ActionKind::unix:
      unix_socket();
      break;
    case ActionKind::signal:
      signal();
      break;
    case ActionKind::ptrace:
      ptrace();
      break;
    case ActionKind::mount:
      mount();
      break;
    case ActionKind::umount:
      one(db(medclass::mount, std::string(1, static_cast<char>(medclass::mount)) + subject, action_.request,
             action_.text));
      break;
    case ActionKind::pivot_root:
      one(db(medclass::mount,
             std::string(1, static_cast<char>(medclass::mount)) + subject + std::string(1, '\0') +
                 *action_.target,
             action_.request, action_.text));
      break;
    case ActionKind::change_profile:
      change_profile();
      break;
    case ActionKind::userns:
      one(db(medclass::userns, std::string(1, static_cast<char>(medclass::userns)), action_.request,
             action_.text));
      break;
    case ActionKind::io_uring:
      io_uring();
      break;
    case ActionKind::mqueue:
      mqueue();
      break;
    case ActionKind::dbus:
      dbus();
      break;
  }
  return std::move(steps_);
}

}  // namespace

bool mediates(const CompiledProfile& profile, std::uint8_t mediation_class) {
  return profile.policydb &&
         profile.policydb->dfa.step(automata::Dfa::start, mediation_class) != automata::Dfa::trap;
}

FileTable file_table(const CompiledProfile& profile) {
  if (profile.file) return {&*profile.file, automata::Dfa::start};
  if (mediates(profile, medclass::file))
    return {&*profile.policydb, profile.policydb->dfa.step(automata::Dfa::start, medclass::file)};
  return {};
}

std::vector<Step> questions(const CompiledProfile& profile, const Action& action) {
  return Asker(profile, action).ask();
}

}  // namespace bh::query
