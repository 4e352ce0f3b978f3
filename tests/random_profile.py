"""Random profiles for differential_random_test.py: one seed, one profile, as a list of lines that can be left out.

Few names and short paths, so that rules meet in the same states: there precedence, audit and exec transitions are decided.

What docs/decisions/0006 says is in it: a line may hold two spellings, the one for us and one by which the reference says the same. So
such a profile, too, is compared state by state, and what differs is exactly what the decision says.
"""
import random
import re

SPELLINGS = re.compile("\x01([^\x02]*)\x02([^\x03]*)\x03")


def spelled(text, side):
    """`text` as it is given to us (side 1) or to the reference (side 2)."""
    return SPELLINGS.sub(lambda match: match[side], text)


def either(ours, theirs):
    return f"\x01{ours}\x02{theirs}\x03"


PERMS = ["r", "w", "a", "rw", "rwk", "mr", "l", "rwl", "k", "rm", "rwmkl"]
EXECS = ["ix", "px", "Px", "cx", "Cx", "ux", "Ux", "pix", "Pix", "cix", "Cix", "pux", "PUx", "cux", "CUx"]
PARTS = ["a", "b", "ab", "*", "**", "?", "a*", "*b", "[ab]", "[^a]", "[a-c]", "{a,b}", "{,a}b", "{a,b/c}", "a?", "{a,{b,c*}}",
         "\\*", "a\\ b", "x.y", "**a", "[0-9]*", "\\{a", "@{%s}", "a@{%s}", "{@{%s},c}"]
VALUES = ["a", "b/", "/a", "/b/", "c*", "{a,b}", "", "[ab]", "//d//", "x/y"]
LABELS = ["a", "b", "a//b", "unconfined", "a*", "**", "/usr/bin/a", "{a,b}", "[ab]?", ":n:a", "@{%s}/x", "/y/@{%s}"]
CAPABILITIES = ["chown", "kill", "net_admin", "sys_admin", "setuid", "mac_admin", "syslog", "bpf"]
SIGNALS = ["hup", "int", "kill", "term", "usr1", "exists", "rtmin+0", "rtmin+8", "chld"]
FAMILIES = ["inet", "inet6", "unix", "netlink", "packet", "bluetooth", "unspec", "mctp"]
TYPES = ["stream", "dgram", "raw", "seqpacket", "rdm"]
MOUNT_OPTIONS = ["ro", "rw", "nosuid", "nodev", "noexec", "sync", "remount", "bind", "rbind", "move", "private", "rshared",
                 "make-slave", "rprivate", "unbindable", "atime", "noatime", "relatime", "strictatime", "silent", "loud"]
FLAGS = ["complain", "audit", "attach_disconnected", "mediate_deleted", "kill", "chroot_relative", "unconfined",
         "attach_disconnected.path=/x/y", "default_allow", "enforce", "delegate_deleted", "namespace_relative"]


# Without qualifiers of their own.
PLAIN = ["capability chown", "capability sys_admin", "network inet stream", "unix type=stream", "signal send set=kill", "ptrace read peer=a", "dbus bus=system", "mount /a -> /b", "umount /a/",
         "pivot_root /a/", "change_profile /p/x -> q", "userns", "io_uring sqpoll", "/a/b rw"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.name = f"s{seed}"
        self.variables = [f"{self.name}_{letter}" for letter in "pqr"]
        self.programs = set()  # of change_profile rules: the reference takes two of one program for one
        self.top = True

    def pick(self, words):
        word = self.random.choice(words)
        return word.replace("%s", self.random.choice(self.variables))

    def chance(self, of):
        return self.random.random() < of

    def some(self, words, least=1, most=3):
        return self.random.sample(words, self.random.randint(least, min(most, len(words))))

    def path(self):
        parts = [self.pick(PARTS) for _ in range(self.random.randint(1, 3))]
        front = "@{%s}" % self.random.choice(self.variables) if self.chance(0.05) else ""
        end = "/" if self.chance(0.15) else ""
        separator = "//" if self.chance(0.03) else "/"
        text = front + "/" + separator.join(parts) + end
        if text == "/*":  # which the reference takes for a change_profile rule without a program
            return either(text, "/?*")
        return f'"{text}"' if self.chance(0.1) or " " in text else text

    def label(self):
        return self.pick(LABELS)

    def qualifiers(self, deny=0.2, owner=False, priority=True):
        words = []
        if priority and self.chance(0.08):
            words.append(f"priority={self.random.randint(-3, 3)}")
        if self.chance(0.2):
            words.append("audit")
        if self.chance(deny):
            words.append("deny")
        if owner and self.chance(0.2):
            words.append("owner")
        return words

    def listed(self, words):
        return words[0] if len(words) == 1 and self.chance(0.5) else "(" + self.pick([", ", " ", ","]).join(words) + ")"

    def file(self):
        words = self.qualifiers(owner=True)
        if self.chance(0.02) and "deny" not in words:
            return " ".join([*words, "file"])
        perms = self.random.choice(PERMS)
        target = ""
        if self.chance(0.25):
            perms = self.random.choice(["", "r", "mr", "rw"]) + (
                "x" if "deny" in words else self.random.choice(EXECS if self.chance(0.3) else ["ix", "px"]))
            if "deny" not in words and perms[-2:].lower() in ("px", "cx") and self.chance(0.2):
                target = " -> " + self.pick(["a", "b", "a//b", "&a", ":n:a", "@{%s}//x", "a\\ b"] if perms[-2] in "pP" else ["c", "d", "@{%s}"])
        if self.chance(0.2):
            words.append("file")
        elif self.chance(0.1):
            return " ".join([*words, perms, self.path() + target])
        return " ".join([*words, self.path(), perms + target])

    def link(self):
        words = [*self.qualifiers(owner=True), "link"]
        if self.chance(0.3):
            words.append("subset")
        return " ".join([*words, self.path(), "->", self.path()])

    def change_profile(self):
        words = [*self.qualifiers(deny=0.1), "change_profile"]
        words = [word for word in words if word != "audit" or self.chance(0.3)]
        program = "" if self.chance(0.2) else self.path()
        while program in self.programs:
            program = self.path()
        self.programs.add(program)
        if not program and self.chance(0.3):
            labels = [self.label(), self.label()]
            separate = ", ".join(" ".join([*words, "->", label]) for label in labels)
            return either(separate, " ".join([*words, "->", "{" + ",".join(labels) + "}"]))
        if program:
            if self.chance(0.3):
                words.append(self.random.choice(["safe", "unsafe"]))
            words.append(program)
        if self.chance(0.8):
            words += ["->", self.label()]
        return " ".join(words)

    def capability(self):
        return " ".join([*self.qualifiers(), "capability", *(self.some(CAPABILITIES) if self.chance(0.9) else [])])

    def network(self):
        words = [*self.qualifiers(priority=False), "network"]
        if self.chance(0.1):
            access = self.listed(self.some(["send", "receive", "connect", "bind", "create", "getopt"]))
            family = self.random.choice(FAMILIES)
            if family == "unix" and "deny" not in words:
                kind = self.random.choice(TYPES)
                return either(" ".join([*words, access, family, kind]), " ".join([*words[:-1], "unix", access, f"type={kind}"]))
            words += [access, family]
        elif self.chance(0.7):
            words.append(self.random.choice(FAMILIES))
        if self.chance(0.5):
            words.append(self.random.choice(TYPES))
        return " ".join(words)

    def unix(self):
        words = [*self.qualifiers(), "unix"]
        own = self.some(["create", "bind", "listen", "accept", "getattr", "setopt", "shutdown"], 0, 2)
        to_peer = self.some(["connect", "send", "receive"], 0, 2)
        peered = self.chance(0.4)
        access = to_peer if peered else own + to_peer
        if access:
            words.append(self.listed(access))
        if self.chance(0.5):
            words.append(f"type={self.random.choice(TYPES[:4])}")
        if self.chance(0.4):
            words.append(f"addr={self.address()}")
        if peered:
            inner = self.some([f"addr={self.address()}", f"label={self.label()}"], 1, 2)
            words.append("peer=(" + " ".join(inner) + ")")
        return " ".join(words)

    def address(self):
        return self.pick(["none", "@a", "@a*", "@a/**", "@{a,b}", "@x/@{%s}/y", '"@a b"', "@@{%s}"])

    def signal(self):
        words = [*self.qualifiers(), "signal"]
        if self.chance(0.5):
            words.append(self.listed(self.some(["send", "receive"], 1, 2)))
        if self.chance(0.5):
            words.append("set=" + self.listed(self.some(SIGNALS)))
        if self.chance(0.5):
            words.append("peer=" + self.label())
        return " ".join(words)

    def ptrace(self):
        words = [*self.qualifiers(), "ptrace"]
        if self.chance(0.5):
            words.append(self.listed(self.some(["read", "trace", "readby", "tracedby"])))
        if self.chance(0.5):
            words.append("peer=" + self.label())
        return " ".join(words)

    def dbus(self):
        words = [*self.qualifiers(), "dbus"]
        if self.chance(0.2):
            words += ["bind", f"bus={self.random.choice(['system', 'session'])}"]
            words += [f"name={self.pick(['a.b', 'a.*', '{a,b}.c'])}"] if self.chance(0.7) else []
            return " ".join(words)
        if self.chance(0.1):
            return " ".join([*words, "eavesdrop", *(["bus=session"] if self.chance(0.5) else [])])
        if self.chance(0.6):
            words.append(self.listed(self.some(["send", "receive"], 1, 2)))
        conditions = ["bus=system", "path=/a/b", "path=/a/**", "interface=a.b", "member=M", "member={M,N}*"]
        chosen = {condition.split("=")[0]: condition for condition in self.some(conditions, 0, 4)}
        words += chosen.values()
        if self.chance(0.5):
            words.append("peer=(" + ", ".join(self.some(["name=a.b", f"label={self.label()}"], 1, 2)) + ")")
        return " ".join(words)

    def mount(self):
        kind = self.random.choice(["mount", "mount", "remount", "umount"])
        words = [*self.qualifiers(), kind]
        if kind != "umount" and self.chance(0.3) and kind == "mount":
            words.append("fstype=" + self.listed(self.some(["ext4", "tmpfs", "xfs", "nfs*"], 1, 2)))
        if kind != "umount" and self.chance(0.6):
            words.append(self.random.choice(["options=", "options=", "options in "]) + self.listed(self.some(MOUNT_OPTIONS, 1, 2)))
        if kind == "mount":
            if self.chance(0.4):
                words.append(self.path())
            if self.chance(0.4):
                words += ["->", self.path()]
        elif self.chance(0.6):
            words.append(self.path())
        return " ".join(words)

    def pivot_root(self):
        words = [*self.qualifiers(), "pivot_root"]
        if self.chance(0.5):
            words.append("oldroot=" + self.path().rstrip('/"').lstrip('"').replace(" ", "") + "/")
        if self.chance(0.5):
            words.append(self.path().rstrip('/"').lstrip('"').replace("\\ ", "") + "/")
        return " ".join(words)

    def other(self):
        return self.random.choice([
            " ".join([*self.qualifiers(), "userns"]),
            " ".join([*self.qualifiers(), "userns", "create"]),
            " ".join([*self.qualifiers(), "io_uring", *self.some(["sqpoll", "(override_creds)", "override_creds label=a"], 0, 1)]),
            " ".join([*self.qualifiers(), "mqueue", *self.some(["(create, read)", "type=posix", "label=a"], 0, 1)]),
            "set rlimit nofile <= 1024", "set rlimit data <= 1M", "set rlimit nice <= -3", "set rlimit cpu <= 5 min",
            " ".join([*self.qualifiers(deny=0, priority=False), "all"]),
            self.deny_all(),
        ])

    def deny_all(self):
        audit = "audit " if self.chance(0.3) else ""
        parts = ["file_access", "capability", "network", "dbus", "io_uring", "mqueue", "ptrace", "signal", "userns", "mount", "remount", "umount", "pivot_root"]
        said = {"file_access": "/{,**} rwlkm"}
        theirs = ", ".join([f"{audit}deny {said.get(part, part)}" for part in parts] + [f"priority=-2 {audit}deny /{{,**}} x"])
        return either(f"{audit}deny all", theirs)

    def block(self):
        """Qualifiers in front of several rules. The reference keeps the file rules of it, and loses qualifiers that these have."""
        if self.chance(0.5):
            inner = " ".join(f"{self.path()} {self.random.choice(PERMS)}," for _ in range(2))
            return f"{self.random.choice(['audit', 'deny', 'audit deny', 'owner', 'audit owner'])} {{ {inner} }}"
        qualifiers = self.random.choice(["audit", "deny", "audit deny", "", "allow"])
        rules = [self.random.choice(PLAIN) for _ in range(2)]
        return either(f"{qualifiers} {{ {' '.join(rule + ',' for rule in rules)} }}", " ".join(f"{qualifiers} {rule}," for rule in rules))

    def condition(self):
        return self.random.choice(["true", "false", "not false", "defined @{%s}" % self.variables[0], "defined $nothing"])

    def rule(self):
        kinds = [(self.file, 24), (self.link, 3), (self.change_profile, 3), (self.capability, 2), (self.network, 3), (self.unix, 4),
                 (self.signal, 3), (self.ptrace, 2), (self.dbus, 3), (self.mount, 5), (self.pivot_root, 1), (self.other, 1)]
        kind = self.random.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        if self.top and self.chance(0.02):
            return self.block()
        if self.top and self.chance(0.01):  # the reference leaves limits out of every branch
            return either("if true { set rlimit nofile <= 7, }", "set rlimit nofile <= 7,")
        if self.top and self.chance(0.02) and kind not in (self.other, self.mount):
            return f"if {self.condition()} {{ {kind()}, }}" + (f" else {{ {self.file()}, }}" if self.chance(0.5) else "")
        return kind() + ","

    def head(self, name):
        words = ["profile", name]
        if self.chance(0.3):
            words.append(self.path())
            if self.chance(0.15):
                words.append(self.random.choice(["xattrs=(user.a=x)", "xattrs=(user.a=*b user.c)", "xattrs=(security.a=\"{x,y}\")"]))
        if self.chance(0.4):
            flags = self.some(FLAGS, 1, 2) if self.chance(0.3) else [self.random.choice(FLAGS)]
            words.append("flags=(" + ", ".join(flags) + ")")
        return " ".join(words)

    def lines(self):
        """(line, may be left out). A hat or child is one line."""
        out = [(f"@{{{variable}}} = " + " ".join(f'"{value}"' for value in self.some(VALUES)), False) for variable in self.variables]
        if self.chance(0.05):
            out.append((f"alias /a/ -> {self.random.choice(['/b/', '/x/y/', '/ab'])},", True))
        out.append((self.head(self.name) + " {", False))
        out += [("  " + self.rule(), True) for _ in range(self.random.randint(1, 10))]
        if self.chance(0.15):
            self.top, self.programs = False, set()
            flags = " flags=(complain)" if self.chance(0.2) else ""
            body = " ".join(self.rule() for _ in range(self.random.randint(1, 3)))
            out.append((f"  {self.random.choice(['^hat', 'hat hat', 'profile child'])}{flags} {{ {body} }}", True))
        out.append(("}", False))
        return out
