"""Small profiles for differential_language_test.py: each kind of construct of apparmor.d(5) in right and wrong forms, made from tables.

A table is a class of rules with the values that its slots may and may not have. Nothing here says which form is right: both compilers are asked,
and they must agree. A case is (name, text of a whole file)."""

MARK = "@{E}=/e\n@{V}=a /b c*\n@{W}=x\n$T=true\n$F=false\n"

QUALIFIERS = [
    "audit", "deny", "allow", "audit deny", "audit allow", "prompt", "audit prompt", "owner", "other", "any", "audit owner", "deny owner", "audit deny owner", "owner deny",
    "owner audit", "deny audit", "deny allow", "allow deny", "audit audit", "deny deny", "owner owner", "quiet", "kill", "complain", "priority=1", "priority=-5", "priority=+5",
    "priority=1000", "priority=1001", "priority=-1000", "priority=-1001", "priority=", "priority=x", "priority = 3", "priority =3", "priority= 3", "priority=0x3", "priority=1.5",
    "priority=1 audit", "priority=1 deny", "audit priority=1", "deny priority=1", "priority=1 priority=2", "priority=1 audit deny owner", "access=allow", "audit=1",
]

# One plain rule of each shape; qualifiers, blocks and conditions are put around each.
PLAIN = {
    "file": "/a/* rw", "file_exec": "/a px", "file_keyword": "file /a r", "file_bare": "file", "file_first": "rw /a", "file_deny_x": "/a x", "file_link": "/a l",
    "file_owned": "owner /o/** rwk", "link": "link /a -> /b", "link_subset": "link subset /a -> /b", "old_link": "l /a -> /b", "change_profile": "change_profile -> b",
    "change_profile_exec": "change_profile /x -> b", "change_profile_unsafe": "change_profile unsafe /x -> b", "change_profile_bare": "change_profile",
    "capability": "capability chown", "capability_bare": "capability", "network": "network inet stream", "network_bare": "network", "network_access": "network (send, receive) inet dgram",
    "network_ip": "network inet ip=10.0.0.1 port=80", "unix": "unix (send, receive) type=stream peer=(label=b)", "unix_bare": "unix", "signal": "signal send set=(kill) peer=b",
    "signal_bare": "signal", "ptrace": "ptrace (read, trace) peer=b", "ptrace_bare": "ptrace", "dbus": "dbus send bus=system path=/a peer=(name=b)", "dbus_bind": "dbus bind bus=session name=a.b",
    "dbus_bare": "dbus", "mount": "mount fstype=ext4 options=(ro, nodev) /dev/a -> /m/", "mount_bare": "mount", "mount_bind": "mount options=bind /a -> /b", "remount": "remount options=ro /m/",
    "remount_bare": "remount", "umount": "umount /m/", "umount_bare": "umount", "pivot_root": "pivot_root oldroot=/o/ /n/ -> b", "pivot_root_bare": "pivot_root", "userns": "userns",
    "userns_create": "userns create", "io_uring": "io_uring sqpoll", "io_uring_label": "io_uring override_creds label=b", "io_uring_bare": "io_uring", "mqueue": "mqueue (read, write) type=posix /q",
    "mqueue_sysv": "mqueue read type=sysv 12", "mqueue_bare": "mqueue", "rlimit": "set rlimit nofile <= 10", "all": "all",
}

CONDITIONS = [
    "true", "false", "not true", "not false", "not not true", "$T", "$F", "not $T", "${T}", "$UNSET", "defined $T", "defined $UNSET", "not defined $UNSET", "defined @{E}", "defined @{UNSET}",
    "defined ${T}", "defined T", "defined", "@{E} == /e", "@{E} != /e", "@{W} in @{V}", "a in @{V}", "@{W} in x", "x in @{W}", "1 < 2", "2 < 1", "1 <= 1", "3 >= 4", "3 > 2", "a < b", "1 == 1",
    "a == a", "a != b", "@{UNSET} == a", "$T and $F", "$T or $F", "$T and not $F", "($T or $F) and $F", "(true)", "((true))", "(true", "true)", "true and", "and true", "not", "", "true true", "maybe",
    "$T == true", "@{E}", "\"a\" == a", "1 = 1", "true && true", "defined @{E} and @{E} == /e", "10 > 9", "-1 < 1", "a in b c", "@{E} in (a /e)",
]

BLOCKS = ["{{ {0} }}", "audit {{ {0} }}", "deny {{ {0} }}", "allow {{ {0} }}", "audit deny {{ {0} }}", "owner {{ {0} }}", "audit owner {{ {0} }}", "priority=2 {{ {0} }}", "priority=2 audit {{ {0} }}",
          "if true {{ {0} }}", "if false {{ {0} }}", "if true {{ {0} }} else {{ /z r, }}", "if false {{ /z r, }} else {{ {0} }}", "if false {{ /z r, }} else if true {{ {0} }}", "audit {{ {0} deny /q r, }}",
          "deny {{ audit {{ {0} }} }}", "audit {{ if true {{ {0} }} }}", "if true {{ audit {{ {0} }} }}", "profile c {{ {0} }}", "^h {{ {0} }}", "hat h {{ {0} }}", "{{ {0}", "audit {0} }}", "deny {{ allow {0} }}",
          "prompt {{ {0} }}", "audit {{ }} {0}", "audit audit {{ {0} }}"]

# What stands behind the rule.
ENDINGS = ["", ",,", ";", " ,", "\n,", ", # comment\n", ",#comment\n", " # comment\n,", ", r", "\\,", ",\\\n", ", }"]

PERMISSIONS = [
    "r", "w", "a", "k", "l", "m", "x", "rw", "ra", "wa", "aw", "rwa", "mrwkl", "rr", "ww", "rm", "mr", "ix", "px", "Px", "cx", "Cx", "ux", "Ux", "pix", "Pix", "cix", "Cix", "pux", "PUx", "cux", "CUx", "pUx", "Pux",
    "puX", "CUX", "Cux", "cUx", "Ix", "iX", "PX", "X", "p", "P", "c", "C", "u", "U", "i", "xi", "xp", "rix", "ixr", "rpxw", "ixpx", "pxpx", "ixix", "uxix", "pxix", "rUx", "mrpix", "R", "W", "M", "K", "L", "A", "RW", "rW", "e", "d", "rd", "rwx",
    "rx", "r,w", "r w", "-r", "rwklmix", "rwklmaix", "lpx", "kux", "mux", "(r)", "\"r\"", "@{W}", "read", "write", "read write", "(read write)", "exec", "append", "link", "rwlkmPUx", "Pixr", "pip", "ip", "pc", "pcx", "icx", "uix", "iux",
    "PIx", "pIx", "CIx", "UX", "uX", "pxr", "rwlkmx",
]

TARGETS = ["b", "/b", "b//c", "&b", "&b//&c", "b//&c", ":n:b", ":n://b", "&:n:b", ":n:", "::b", "@{W}", "@{W}//c", "@{V}", "@{UNSET}", "\"b c\"", "\"\"", "{a,b}", "a*", "[ab]", "**", "unconfined", "&unconfined", "", "b c", "->", "a\\ b", "&", "a//", "//a", "@{profile_name}", "@{exec_path}"]

PATHS = [
    "/", "//", "//a", "/a//b", "/a/", "a", "a/b", "./a", "../a", "", "*", "**", "/*", "/**", "/***", "/****", "/a*b", "/a**b", "/*/", "/**/", "/*/*", "/?", "/?/", "/{a,b}", "/{a}", "/{}", "/{,}", "/{a,}", "/{,a}", "/{a,{b,c}}", "/{a,b", "/a,b}",
    "/a}", "{/a,/b}", "{/a,b}", "{a,/b}", "{,/a}", "/{a,b}{c,d}", "/[ab]", "/[^ab]", "/[a-c]", "/[c-a]", "/[a-]", "/[-a]", "/[]", "/[^]", "/[]a]", "/[^]a]", "/[a", "/a]", "/[a,b]", "/[a{b,c}]", "/{[a,b],c}", "/[*]", "/[?]", "/[/]", "/[[a]]", "/[\\]]",
    "/\\*", "/\\?", "/\\[a\\]", "/\\{a,b\\}", "/a\\,b", "/a\\ b", "/a\\", "/\\\\", "/\\n", "/\\t", "/\\r", "/\\\"", "/\\x41", "/\\x4", "/\\xzz", "/\\101", "/\\0", "/\\000", "/\\001", "/\\8", "/\\d065", "/\\d256", "/\\o101", "/\\a", "/\\q", "\"/a b\"", "\"/a", "/a\"", "\"/a\"b",
    "\"/a\\\"b\"", "\"/a\\ b\"", "'/a b'", "/a b", "/a\tb", "/a,b", "/a,", "/a,,b", "/a#b", "/a!b", "/a=b", "/a(b)", "/a<b>", "/a|b", "/a+b", "/a.b", "/a$b", "/a^b", "/^a", "/a@b", "/@{V}", "@{V}", "@{E}", "@{E}/a", "@{E}@{V}", "/@{W}@{W}", "/@{UNSET}", "/@{", "/@{}", "/@{V", "/@V", "/${T}", "/$T",
    "@{PROC}/x", "/a\\x2ab", "/\\052", "/a{b,c\\}", "/\u00e4", "/{a,b}/**/{c,d}/*", "/{a,b,c,d,e,f,g}", "/{a,b}{", "/**{a,/b}", "/{**,a}", "/{*,?}", "/a//*", "/a/**/", "/a/{**,}", "/a/{*,}/b", "/a{,/**}", "/a{,/}", "/a{/,}**", "/[^/]*", "/[!a]", "/a[^/]b", "/{a\\,b,c}", "/(a|b)", "/.a", "/..", "/a/..", "/~a", "/%41", "/&a",
]

LABELS = ["b", "/b", "b//c", "b//&c", "&b", ":n:b", ":n://b", ":n:", "::b", "unconfined", "a*", "**", "?", "{a,b}", "[ab]", "[^a]", "@{W}", "@{V}", "@{UNSET}", "@{profile_name}", "\"b c\"", "\"\"", "()", "(b)", "(b c)", "(b,c)", "(b", "b)", "a b", "a,b", "a=b", "", "{a", "[a", "a\\ b", "\\000", "*//&*", "{,a}", "b//", "//b"]

CAPABILITIES = ["chown", "sys_admin", "checkpoint_restore", "bpf", "perfmon", "audit_read", "block_suspend", "wake_alarm", "syslog", "mac_admin", "CHOWN", "cap_chown", "Chown", "chwon", "chown kill", "chown, kill", "(chown kill)", "chown,kill", "chown chown", "all", "\"chown\"", "0", "12", "@{W}", "{chown,kill}",
                "*", "none", "chown\nkill", "chown = kill", "-chown", "net_raw"]

FAMILIES = ["unspec", "unix", "local", "file", "inet", "ax25", "ipx", "appletalk", "netrom", "bridge", "atmpvc", "x25", "inet6", "rose", "netbeui", "security", "key", "netlink", "packet", "ash", "econet", "atmsvc", "rds", "sna", "irda", "pppox", "wanpipe", "llc", "ib", "mpls", "can", "tipc", "bluetooth", "iucv",
            "rxrpc", "isdn", "phonet", "ieee802154", "caif", "alg", "nfc", "vsock", "kcm", "qipcrtr", "smc", "xdp", "mctp", "INET", "inet4", "inet ", "inet,inet6", "inet inet6", "decnet", "route", "max"]
TYPES = ["stream", "dgram", "raw", "rdm", "seqpacket", "dccp", "packet", "tcp", "udp", "icmp", "STREAM", "sctp", "icmpv6", "stream dgram", "stream tcp", "tcp stream", "(stream)", "{stream,dgram}", "type=stream", "protocol=tcp", "udplite", "*"]
NETWORK_ACCESS = ["create", "bind", "listen", "accept", "connect", "shutdown", "getattr", "setattr", "getopt", "setopt", "send", "receive", "r", "w", "rw", "wr", "read", "write", "(send)", "(send receive)", "(send, receive)", "(send,receive)", "(send,)", "()", "(,send)", "send receive", "(send foo)", "foo", "(r w)", "SEND", "(send", "(create bind)", "(\"send\")", "(rw)", "(send send)"]
ADDRESSES = ["10.0.0.1", "0.0.0.0", "255.255.255.255", "256.0.0.1", "10.0.0", "10.0.0.1/8", "10.0.0.*", "::1", "::", "fe80::1", "fe80::1%eth0", "2001:db8:0:0:0:0:0:1", "2001:db8::1::2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "::ffff:10.0.0.1", "[::1]", "none", "any", "localhost", "", "\"10.0.0.1\"", "(10.0.0.1)", "(10.0.0.1 10.0.0.2)", "@{W}", "010.0.0.1", "0x7f.0.0.1", "2130706433", "12345::", "g::1", "{10.0.0.1,10.0.0.2}"]
PORTS = ["0", "1", "80", "1024", "65535", "65536", "-1", "80-90", "90-80", "80-80", "80-", "-90", "80 - 90", "0-65535", "1000-70000", "http", "", "0x50", "(80)", "(80 90)", "\"80\"", "80,90", "*", "@{W}", "080", "+80", "80.5", "1023-1024", "0-1023"]

SIGNALS = ["hup", "int", "quit", "ill", "trap", "abrt", "bus", "fpe", "kill", "usr1", "segv", "usr2", "pipe", "alrm", "term", "stkflt", "chld", "cont", "stop", "stp", "tstp", "ttin", "ttou", "urg", "xcpu", "xfsz", "vtalrm", "prof", "winch", "io", "poll", "pwr", "sys", "emt", "lost", "exists", "rtmin+0", "rtmin+8", "rtmin+32", "rtmin+33", "rtmin",
           "rtmin-1", "rtmax", "rtmax-1", "rtmin+", "rtmin+a", "rtmin+08", "KILL", "sigkill", "SIGKILL", "9", "0", "cld", "unused", "iot", "", "()", "(kill)", "(kill term)", "(kill, term)", "(kill,term)", "(kill kill)", "(kill foo)", "kill term", "kill,term", "\"kill\"", "(\"kill\")", "{kill,term}", "*", "@{W}", "(kill", "kill)"]

MOUNT_OPTIONS = [
    "ro", "rw", "r", "w", "nosuid", "suid", "nodev", "dev", "noexec", "exec", "sync", "async", "remount", "mand", "nomand", "dirsync", "noatime", "atime", "nodiratime", "diratime", "bind", "rbind", "B", "R", "M", "move", "rmove", "verbose", "silent", "loud", "acl", "noacl", "unbindable", "runbindable", "private", "rprivate", "slave", "rslave",
    "shared", "rshared", "make-unbindable", "make-runbindable", "make-private", "make-rprivate", "make-slave", "make-rslave", "make-shared", "make-rshared", "relatime", "norelatime", "iversion", "noiversion", "strictatime", "nostrictatime", "lazytime", "nolazytime", "nouser", "user", "symfollow", "nosymfollow", "defaults", "users", "nofail",
    "auto", "RO", "foo", "", "()", "(ro)", "(ro, nodev)", "(ro nodev)", "(ro,nodev)", "ro,nodev", "(ro, foo)", "(ro,rw)", "(bind, ro)", "(rbind, ro)", "(bind, remount)", "(remount, ro, bind)", "(private, ro)", "(private, slave)", "(move, ro)", "(move, bind)", "(private, move)", "\"ro\"", "(\"ro\")", "size=1M", "*", "@{W}", "(ro", "ro)", "{ro,nodev}",
    "(bind, private)", "(remount, private)", "(silent, loud)", "(nouser, ro)", "(user, bind)", "(ro nosuid nodev noexec)",
]
FSTYPES = ["ext4", "ext*", "nfs4", "{ext3,ext4}", "(ext3, ext4)", "(ext3 ext4)", "(ext3,ext4)", "ext3,ext4", "\"ext4\"", "", "()", "fuse.*", "@{V}", "@{UNSET}", "[e]xt4", "(ext4", "ext4)", "a b", "/a", "EXT4"]
MOUNT_PLACES = ["", "/a", "/a -> /b", "-> /b", "-> /b/", "/a/ -> /b/", "/a ->", "none -> /b", "tmpfs -> /b", "\"a b\" -> /b", "/a /b", "-> /a -> /b", "-> b", "a -> b", "** -> /**", "{/a,/b} -> /c", "@{E} -> @{E}", "@{UNSET} -> /b", "/{a -> /b", "/a => /b", "/a->/b", "\"\" -> /b", "-> \"/b c\"", "source=/a -> /b", "detached -> /b"]

RLIMITS = ["cpu", "fsize", "data", "stack", "core", "rss", "nofile", "ofile", "as", "nproc", "memlock", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime", "NOFILE", "files", "", "rlimit"]
LIMITS = ["0", "1", "10", "-1", "-20", "-21", "19", "20", "+5", "infinity", "unlimited", "INFINITY", "1K", "1KB", "1k", "1 K", "2M", "2MB", "3G", "3GB", "4T", "1B", "10s", "10 s", "10sec", "10second", "10seconds", "10ms", "10millisecond", "10milliseconds", "10us", "10microseconds", "5min", "5minute", "5minutes", "5 minutes", "2h", "2hour", "2hours", "1d", "1day", "1days", "1week", "1weeks",
          "1y", "99999999999999999999", "18446744073709551615", "18446744073709551616", "17179869184G", "16G", "1.5G", "0x10", "", "a", "\"10\"", "10,5", "@{W}", "10x", "K"]

FLAGS = ["enforce", "complain", "kill", "default_allow", "unconfined", "prompt", "audit", "noaudit", "mediate_deleted", "delegate_deleted", "attach_disconnected", "no_attach_disconnected", "attach_disconnected.path=/a", "attach_disconnected.path=a", "attach_disconnected.path=", "attach_disconnected.path", "attach_disconnected.path=\"/a b\"",
         "attach_disconnected.ipc", "attach_disconnected.ipc=/a", "attach_disconnected.ipc=a", "chroot_relative", "namespace_relative", "chroot_attach", "chroot_no_attach", "debug", "interruptible", "kill.signal=kill", "kill.signal=term", "kill.signal=rtmin+3", "kill.signal=exists", "kill.signal=foo", "kill.signal=", "kill.signal", "kill.signal=9", "kill.signal=hup",
         "error=EPERM", "error=eperm", "error=EACCES", "error=ENOENT", "error=EISCONN", "error=EINVAL", "error=ENOANO", "error=EHWPOISON", "error=EWOULDBLOCK", "error=EFOO", "error=1", "error=", "error", "error=PERM", "error=ERESTARTSYS", "COMPLAIN", "foo", "", "hat", "mode=complain", "complain=1", "ix", "kill kill", "audit audit", "xattrs", "no_debug", "user"]

HEADS = [
    "profile p", "profile p /a", "/a", "profile /a", "profile /a /b", "/a /b", "p", "profile", "profile \"p q\"", "profile p q", "profile \"p\" \"/a b\"", "profile p a", "profile p \"\"", "profile \"\"", "profile p//c", "profile //p", "profile p/", "profile :n:p", "profile :n://p", "profile :n:p /a", ":n:/a", ":n:p", "profile :n:", "profile ::p", "profile &p", "profile p&", "profile -p",
    "profile 1", "profile p*", "profile p* /a", "profile {p,q}", "profile p{q,r}", "profile /a*", "/a*", "/a**", "/{a,b}", "{/a,/b}", "\"/a b\"", "/a\\ b", "profile p @{E}", "profile @{W}", "profile @{V}", "@{E}", "@{V}", "profile @{UNSET}", "profile p @{UNSET}", "profile p /{a", "/[a", "profile unconfined", "profile root", "profile profile", "profile hat", "profile flags=(complain)", "profile p flags=(complain) /a",
    "profile p (complain)", "/a (complain)", "profile p flags = (complain)", "profile p flags=complain", "profile p flags=()", "profile p flags=(complain", "profile p xattrs=(user.a=b)", "profile p /a xattrs=(user.a=b)", "profile p /a xattrs=(user.a=b user.c=d)", "profile p /a xattrs=(user.a=b, user.c=d)", "profile p /a xattrs=(user.a)", "profile p /a xattrs=()", "profile p /a xattrs=(user.a=)", "profile p /a xattrs=(user.a=\"b c\")",
    "profile p /a xattrs=(user.a=b user.a=c)", "profile p /a xattrs=(user.a=*)", "profile p /a xattrs=(user.a={b,c})", "profile p /a xattrs=(user.a=b) flags=(complain)", "profile p /a flags=(complain) xattrs=(user.a=b)", "profile p /a (user.a=b)", "/a xattrs=(user.a=b)", "profile p xattrs=(\"user.a\"=b)", "profile p /a xattrs=(user.a=@{W})", "hat p", "^p", "profile ^p", "profile p,", "profile p:q", "profile p,q", "profile a.b-c_d", "profile p\\ q",
    "profile p /a /b", "profile p //a", "profile //a", "profile p /", "profile /", "/", "profile p \"/a\"", "profile \"p", "profile p=q", "profile p#q", "profile p!q", "profile p(q)", "profile if", "profile \u00e4", "profile p flags=(complain) flags=(audit)", "namespace n profile p", "profile p @{W}", "profile p -> q", "profile p /a,", "Profile p", "profile\tp", "profile\np",
]

CHILDREN = ["profile c {{ {0} }}", "profile c /c {{ {0} }}", "profile c flags=(complain) {{ {0} }}", "profile /c {{ {0} }}", "/c {{ {0} }}", "^h {{ {0} }}", "^h flags=(complain) {{ {0} }}", "hat h {{ {0} }}", "^ h {{ {0} }}", "hat {{ {0} }}", "^\"h i\" {{ {0} }}", "profile c {{ {0} }} profile c {{ }}", "^h {{ {0} }} ^h {{ }}", "profile c {{ profile d {{ {0} }} }}", "profile c {{ ^h {{ {0} }} }}",
            "^h {{ profile d {{ {0} }} }}", "^h {{ ^i {{ {0} }} }}", "^h /a {{ {0} }}", "^/h {{ {0} }}", "^h,", "^h//i {{ {0} }}", "profile c//d {{ {0} }}", "profile :n:c {{ {0} }}", "hat h, {{ {0} }}", "profile {{ {0} }}", "profile c {{ {0} ", "^@{{W}} {{ {0} }}", "profile @{{W}} {{ {0} }}", "profile c xattrs=(user.a=b) {{ {0} }}", "^h xattrs=(user.a=b) {{ {0} }}", "profile p {{ {0} }}", "^p {{ {0} }}", "hat h flags=(audit) {{ {0} }}", "profile c flags=(hat) {{ {0} }}"]

PREAMBLES = [
    "", "@{A}=a", "@{A}=a b", "@{A} = a", "@{A}= a", "@{A} =a", "@{A}=", "@{A}", "@{A}=\"\"", "@{A}=\"a b\"", "@{A}=\"a", "@{A}=a\n@{A}=b", "@{A}=a\n@{A}+=b", "@{A}+=b", "@{A}?=a", "@{A}=a\n@{A}?=b", "@{A}:=a", "@{A}=a\n@{A}:=b", "@{A}=@{A}", "@{A}=@{B}\n@{B}=@{A}", "@{A}=@{B}", "@{B}=x\n@{A}=@{B}", "@{A}=@{B}\n@{B}=x", "@{A}=a,", "@{A}=a, b", "@{A}=a,b", "@{A}={a,b}", "@{A}={a", "@{A}=[a", "@{A}=(a)", "@{A}=a # c", "@{A}=a#c",
    "@{A}=a\\\n  b", "@{A}=\\", "@{A}=/a/", "@{A}=//a//", "@{1}=a", "@{A1}=a", "@{A_1}=a", "@{_A}=a", "@{a-b}=a", "@{A B}=a", "@{}=a", "@{A=a", "@A=a", "@{A}==a", "@{A}-=a", "@{A}=a=b", "@{A}='a'", "@{A}=\u00e4", "@{A}=a\t b", "@{A}=a\r", "$A=true", "$A=false", "$A=True", "$A=yes", "$A=1", "$A=", "$A", "$A = true", "${A}=true", "${A} = false", "$A=true\n$A=false", "$A=true false", "$A=\"true\"", "$A+=true", "$A?=true", "$A:=true", "$1=true", "$A_b=true", "$A=$T", "$A=not true", "$A=true,",
    "alias /a -> /b,", "alias /a -> /b", "alias /a /b,", "alias a -> b,", "alias /a/ -> /b/,", "alias / -> /b,", "alias /a -> /a,", "alias @{E} -> /b,", "alias \"/a b\" -> /c,", "alias /a* -> /b,", "alias /a -> /b, alias /a -> /c,", "alias /a -> ,", "alias -> /b,", "ALIAS /a -> /b,",
    "abi <abi/3.0>,", "abi <abi/4.0>,", "abi <abi/5.0>,", "abi <abi/3.0>", "abi <abi/9.9>,", "abi \"abi/3.0\",", "abi abi/3.0,", "abi <kernel>,", "abi <default>,", "abi kernel,", "abi <abi/3.0>,\nabi <abi/3.0>,", "abi <abi/3.0>,\nabi <abi/4.0>,", "abi,", "abi <>,", "abi <abi/3.0>, @{A}=a", "abi <abi/>,", "abi </etc>,",
    "include <tunables/global>", "#include <tunables/global>", "include <tunables/global>,", "include if exists <tunables/nothing>", "#include if exists <tunables/nothing>", "include <tunables/nothing>", "include \"tunables/nothing\"", "include if exists \"tunables/nothing\"", "include tunables/global", "include if exists tunables/nothing", "include <tunables/home.d>", "include <tunables>", "include if <a>", "include if exist <a>",
    "include", "include <>", "include <tunables/global", "include \"tunables/global", "include <abstractions/base>", "# include <tunables/global>", "#  include <nothing>", "#includes", "include<tunables/global>", "#include<tunables/global>", "include \"/nowhere/x\"", "include if exists \"/nowhere/x\"", "include </nowhere/x>", "include if exists </nowhere/x>", "INCLUDE <tunables/global>", "include <tunables/global> # c", "include <tunables/global> @{A}=b",
    "# a comment", "#", "#!", "# \u00e4", "\r\n", "\f", "\v", "\x01", "{", "}", ",", "/a r,", "capability chown,", "if true { }", "audit { }", "foo", "foo bar", "set x", "network,", "deny /a r,", "!", "\\", "\"\"", "->",
]

IN_BODY = ["include <abstractions/base>", "include <abstractions/base>,", "#include <abstractions/base>", "include if exists <abstractions/nothing>", "include <abstractions/nothing>", "include <tunables/global>", "include <abstractions>", "abi <abi/3.0>,", "@{A}=a", "$A=true", "alias /a -> /b,", "@{A}=a\n /@{A} r,", "{ }", ";", ",", "foo,", "foo", "/a", "/a,", "r,", "r", "file,", "deny,", "audit,", "owner,", "allow,", "set,", "set rlimit,",
           "include if exists <abstractions/base>", "/a r, /b w,", "/a r /b w,", "/a r\n/b w,", "/a r, }", "# only a comment\n", "#include <abstractions/base> # c", "include <abstractions/base> /a r,", "/a r,# include <abstractions/base>\n", "profile,", "^,", "if", "if {", "if true", "else { }", "if true { } else", "if true { } else { } else { }", "if true { } else if { }", "if true { profile c { } }", "if true { include <abstractions/base> }",
           "if true { @{A}=a }", "if true { if false { } else { /a r, } }", "\x00", "\x7f", "\u00e4", "/\u00e4 r,", "network,network,", "capability chown, capability chown,", "/a px, /a cx,", "/a px, /a px -> b,", "/a ix, /a ux,", "/* ix, /a px,", "/* ix, /* px,", "/a ix, /** ux,", "/a{b,c} px, /ab ix,", "priority=1 /a px, /a ix,", "deny /a x, /a px,", "audit /a px, /a px,", "owner /a px, /a ix,", "/a pix, /a px,", "/a Px, /a px,", "/a cix -> b, /a cix -> c,",
           "allow file, deny file,", "all, deny all,", "all, /a px,", "deny /** w, /a rw,", "change_profile -> a, change_profile -> b,", "change_profile /x -> a, change_profile /x -> b,", "set rlimit nofile <= 1, set rlimit nofile <= 2,", "mount, umount, remount,", "mount, deny mount,", "signal, deny signal,"]


def profile(body, head="profile p", preamble=MARK):
    return f"{preamble}\n{head} {{\n  {body}\n}}\n"


def filled(template, values):
    """`template` once for each value, in its one slot."""
    return [template.replace("%", value) for value in values]


def rules():
    """(group, rule without its comma)"""
    table = {
        "perms": filled("/a %", PERMISSIONS) + filled("% /a", PERMISSIONS) + filled("file /a %", PERMISSIONS[::3]) + filled("deny /a %", PERMISSIONS) + filled("/a % -> b", PERMISSIONS) + filled("owner /a %", PERMISSIONS[::4]),
        "target": filled("/a px -> %", TARGETS) + filled("/a cx -> %", TARGETS) + filled("/a Pix -> %", TARGETS[::2]) + filled("/a CUx -> %", TARGETS[::2]) + filled("/a ix -> %", TARGETS[::3]) + filled("/a ux -> %", TARGETS[::3]) + filled("px /a -> %", TARGETS[::3]) + filled("/a r -> %", TARGETS[::6]),
        "safe": filled("% /a px", ["safe", "unsafe", "safe unsafe", "safe owner", "owner safe", "deny safe", "safe file"]) + filled("/a % px", ["safe", "unsafe"]) + filled("unsafe /a %", ["r", "ix", "Px", "Ux", "rpx", "x"]) + filled("safe /a %", ["r", "ix", "px", "ux", "rPx", "x"]),
        "path": filled("% r", PATHS) + filled("r %", PATHS[::3]) + filled("file % rw", PATHS[::5]) + filled("deny % w", PATHS[::5]) + filled("% l", PATHS[::4]) + filled("% px", PATHS[::4]),
        "link": filled("link % -> /b", PATHS[::2]) + filled("link /a -> %", PATHS[::2]) + ["link", "link /a", "link -> /b", "link subset", "link subset subset /a -> /b", "link /a subset -> /b", "/a l -> /b", "/a rl -> /b", "l /a -> /b", "l subset /a -> /b", "owner link /a -> /b", "link owner /a -> /b", "link /a => /b", "link /a /b", "deny l /a -> /b", "link subset /a -> /b /c", "file link /a -> /b", "/a l subset -> /b", "subset link /a -> /b"],
        "change_profile": filled("change_profile -> %", TARGETS + LABELS) + filled("change_profile % -> b", PATHS[::3]) + filled("change_profile %", ["/x", "safe", "unsafe", "safe /x", "unsafe /x", "safe unsafe /x", "safe -> b", "unsafe -> b", "/x unsafe -> b", "safe /x -> b", "unsafe /x -> b", "->", "b", "/x /y -> b", "@{E}", "@{UNSET}", "** -> **", "-> b -> c"]),
        "capability": filled("capability %", CAPABILITIES) + filled("deny capability %", CAPABILITIES[::5]),
        "network": filled("network %", FAMILIES) + filled("network inet %", TYPES) + filled("network unix %", TYPES[::2]) + filled("network netlink %", TYPES[::2]) + filled("network %", TYPES) + filled("network inet6 %", TYPES[::2]) + filled("network %", NETWORK_ACCESS) + filled("network % inet", NETWORK_ACCESS) + filled("network % unix stream", NETWORK_ACCESS[::2]) + filled("network % inet stream ip=10.0.0.1", NETWORK_ACCESS)
        + filled("network % peer=(ip=10.0.0.1)", NETWORK_ACCESS) + filled("deny network % inet", NETWORK_ACCESS[::3]),
        "network_address": filled("network inet ip=%", ADDRESSES) + filled("network ip=%", ADDRESSES) + filled("network inet6 ip=%", ADDRESSES) + filled("network inet peer=(ip=%)", ADDRESSES) + filled("network inet port=%", PORTS) + filled("network port=%", PORTS[::2]) + filled("network inet peer=(port=%)", PORTS)
        + ["network inet stream ip=10.0.0.1 port=80 peer=(ip=10.0.0.2 port=90)", "network inet stream ip=::1 peer=(ip=10.0.0.2)", "network tcp ip=10.0.0.1", "network tcp port=80", "network udp peer=(port=53)", "network unix ip=10.0.0.1", "network netlink port=3", "network ip=10.0.0.1 ip=10.0.0.2", "network port=1 port=2", "network peer=(ip=::1) peer=(ip=::2)", "network inet interface=eth0", "network interface=eth0", "network inet interface=(eth0)", "network inet interface=eth*",
           "network inet interface=\"eth0\"", "network inet interface=", "network unix interface=eth0", "network interface=eth0 ip=10.0.0.1", "network label=b", "network inet label=b", "network label=(b)", "network receive label=b", "network inet peer=(label=b)", "network receive peer=(label=b)", "network peer=(label=b, ip=::1)", "network label:=b", "network inet label:=b", "network peer=(label:=b)", "network inet peer=(interface=eth0)", "network inet peer=b", "network inet peer=()",
           "network inet foo=b", "network inet peer=(foo=b)", "network inet addr=10.0.0.1", "network inet type=stream", "network inet protocol=tcp", "network inet (ip=10.0.0.1)", "network inet peer = ( ip = 10.0.0.1 )", "network inet peer=(ip=10.0.0.1,port=80)", "network inet peer=(ip=10.0.0.1, port=80)", "network inet ip=10.0.0.1, port=80", "network inet ip = 10.0.0.1", "network inet ip in 10.0.0.1", "network inet dgram ip=none", "network inet6 dgram ip=none port=80",
           "network (bind) inet ip=10.0.0.1 port=80", "network (listen) inet stream ip=10.0.0.1", "network (connect) inet stream peer=(ip=10.0.0.1 port=80)", "network (send, receive) inet dgram ip=10.0.0.1 peer=(ip=10.0.0.2)", "network (getopt) inet ip=10.0.0.1", "network create inet ip=10.0.0.1", "network (create) inet peer=(ip=10.0.0.1)", "network (bind) inet peer=(ip=10.0.0.1)", "network inet raw ip=10.0.0.1", "network inet icmp ip=10.0.0.1", "network icmp peer=(ip=10.0.0.1)"],
        "unix": filled("unix %", NETWORK_ACCESS) + filled("unix % peer=(label=b)", NETWORK_ACCESS) + filled("unix % addr=@a", NETWORK_ACCESS[::2]) + filled("unix type=%", TYPES) + filled("unix addr=%", ["none", "auto", "@a", "@", "@a*", "@**", "\"@a b\"", "@a\\000b", "/a", "a", "", "(@a)", "(@a @b)", "@{W}", "@{E}", "@{UNSET}", "@{a,b}", "@[ab]", "@{a", "NONE", "any", "*", "@@a", "\"\"", "@a,b", "{@a,@b}", "\\000a", "@\\x41", "none*"])
        + filled("unix peer=(addr=%)", ["none", "auto", "@a", "@a*", "/a", "", "*", "@{W}"]) + filled("unix peer=(label=%)", LABELS) + filled("unix peer=%", LABELS) + filled("unix label=%", LABELS[::3]) + filled("unix protocol=%", ["0", "1", "tcp", "", "(0)", "foo"]) + filled("unix opt=%", ["a", "", "SO_PASSCRED", "(a b)"]) + filled("unix attr=%", ["a", "", "(a b)"]) + filled("unix (getopt) opt=%", ["a", "1"])
        + ["unix stream", "unix type=stream type=dgram", "unix addr=@a addr=@b", "unix peer=(label=a label=b)", "unix peer=(label=a, addr=@b)", "unix peer=(label=a addr=@b)", "unix peer=()", "unix peer=(foo=b)", "unix foo=b", "unix create peer=(label=b)", "unix (connect, bind) peer=(addr=@a)", "unix accept peer=(addr=@a)", "unix type=stream addr=none peer=(label=b, addr=none)", "unix type = stream", "unix type=(stream dgram)", "unix type=(stream, dgram)", "unix type=\"stream\"", "unix peer=(label=b) peer=(label=c)", "unix peer=(label=b) type=stream", "unix send peer=(label=b),type=stream"],
        "signal": filled("signal set=%", SIGNALS) + filled("signal set=(%)", SIGNALS[:60:3]) + filled("signal %", ["send", "receive", "r", "w", "rw", "wr", "read", "write", "(send)", "(send receive)", "(send, receive)", "(send,receive)", "()", "send receive", "foo", "(send foo)", "SEND", "trace", "(r)", "(read write)", "kill", "create"]) + filled("signal peer=%", LABELS)
        + ["signal set=kill set=term", "signal peer=a peer=b", "signal foo=b", "signal send set=kill peer=b receive", "signal peer=b send", "signal peer=b set=kill", "signal set=kill send", "signal send, set=kill", "signal set = kill", "signal set in kill", "signal set=( kill )", "signal set=(kill) set=(term)", "signal send set=(kill term rtmin+3) peer=@{V}", "signal peer=(label=b)", "signal label=b"],
        "ptrace": filled("ptrace %", ["read", "trace", "readby", "tracedby", "r", "w", "rw", "wr", "write", "(read)", "(read trace)", "(read, trace)", "()", "read trace", "foo", "(foo)", "send", "(readby tracedby read trace)", "READ", "(r w)", "attach"]) + filled("ptrace peer=%", LABELS) + ["ptrace peer=a peer=b", "ptrace foo=b", "ptrace peer=b read", "ptrace read peer=(label=b)", "ptrace label=b", "ptrace set=kill", "ptrace (read) peer = b"],
        "dbus": filled("dbus %", ["send", "receive", "bind", "eavesdrop", "r", "w", "rw", "read", "write", "(send)", "(send receive)", "(send, receive)", "(send bind)", "(send eavesdrop)", "(bind eavesdrop)", "(send receive bind)", "(send receive bind eavesdrop)", "()", "acquire", "own", "foo", "SEND", "(send foo)"]) + filled("dbus bus=%", ["system", "session", "accessibility", "*", "fcitx", "\"system\"", "(system)", "", "{system,session}", "@{W}", "@{UNSET}", "(system session)"])
        + filled("dbus path=%", ["/", "/a", "/a/**", "a", "", "\"/a b\"", "{/a,/b}", "@{E}", "/a//b", "/{a"]) + filled("dbus interface=%", ["a.b", "a.*", "a", "", "\"a.b\"", "{a,b}.c", "(a.b)"]) + filled("dbus member=%", ["M", "{M,N}", "M*", "", "\"M\"", "a.b", "(M)"]) + filled("dbus name=%", ["a.b", ":1.2", "a", "", "\"a.b\"", "*"]) + filled("dbus bind name=%", ["a.b", "a.*", ":1.2", "", "\"a.b\"", "{a,b}.c", "@{W}"])
        + filled("dbus peer=(label=%)", LABELS[::2]) + filled("dbus peer=(name=%)", ["a.b", ":1.2", "a*", "", "\"a b\"", "(a b)"]) + filled("dbus peer=%", LABELS[::4]) + filled("dbus send %", ["name=a.b", "peer=(name=a.b label=b)", "peer=(name=a.b, label=b)", "peer=(label=b,name=a)", "bus=system path=/a interface=a.b member=M peer=(name=a)", "path=/a path=/b", "bus=a bus=b", "subject=b", "peer=()", "peer=(foo=b)", "foo=b", "label=b", "eavesdrop", "dest=b"])
        + filled("dbus bind %", ["bus=system", "path=/a", "interface=a.b", "member=M", "peer=(label=b)", "bus=system name=a.b", "name=a name=b"]) + filled("dbus eavesdrop %", ["bus=system", "path=/a", "name=a", "peer=(label=b)", "interface=a"]) + filled("dbus receive %", ["name=a", "bus=system", "member=M path=/a"]) + ["dbus bus = system", "dbus bus=system, path=/a", "dbus (send,)", "dbus bus=system send", "dbus peer=(label=b) bus=system"],
        "mount": filled("mount options=%", MOUNT_OPTIONS) + filled("mount options=% /a -> /b", MOUNT_OPTIONS) + filled("mount options=% -> /b", MOUNT_OPTIONS[::2]) + filled("mount options=% /b", MOUNT_OPTIONS[::2]) + filled("mount options in %", MOUNT_OPTIONS) + filled("mount options in % /a -> /b", MOUNT_OPTIONS[::3]) + filled("mount option=% /a -> /b", MOUNT_OPTIONS[::6]) + filled("mount fstype=ext4 options=% /a -> /b", MOUNT_OPTIONS[::2]) + filled("mount fstype=%", FSTYPES)
        + filled("mount vfstype=% -> /b", FSTYPES[::2]) + filled("mount fstype in %", FSTYPES) + filled("mount %", MOUNT_PLACES) + filled("mount fstype=ext4 %", MOUNT_PLACES) + filled("mount options=bind %", MOUNT_PLACES) + filled("mount options=private %", MOUNT_PLACES) + filled("mount options=move %", MOUNT_PLACES) + filled("mount options=remount %", MOUNT_PLACES) + filled("mount options=(ro) %", MOUNT_PLACES) + filled("remount %", MOUNT_PLACES) + filled("remount options=% /b", MOUNT_OPTIONS[::2])
        + filled("remount fstype=% /b", FSTYPES[::4]) + filled("umount %", MOUNT_PLACES) + filled("umount options=% /b", MOUNT_OPTIONS[::4]) + filled("umount fstype=% /b", FSTYPES[::4]) + filled("mount -> %", PATHS[::4]) + filled("mount % -> /b", PATHS[::4]) + filled("umount %", PATHS[::4]) + ["mount fstype=ext4 fstype=ext3 /a -> /b", "mount options=ro options=rw /a -> /b", "mount options=ro options in (rw) /a -> /b", "mount foo=b", "mount options", "mount ro /a -> /b", "mount data=a /a -> /b", "unmount /a", "mount source=/a", "mount /a options=ro -> /b", "mount options = ro", "mount options=(ro) fstype=ext4 /a -> /b", "mount options=bind fstype=ext4 /a -> /b", "mount options=remount fstype=ext4 /a"],
        "pivot_root": filled("pivot_root %", ["/a", "/a/", "a", "oldroot=/o", "oldroot=/o/", "oldroot=/o/ /n/", "/n/ oldroot=/o/", "-> b", "/n/ -> b", "oldroot=/o/ -> b", "oldroot=/o/ /n/ -> b", "/n/ /m/", "oldroot=o /n/", "oldroot= /n/", "oldroot=/a oldroot=/b", "foo=b", "->", "oldroot=\"/a b\" /n/", "@{E}/", "/**", "oldroot=/{a /n/", "oldroot=@{UNSET} /n", "/n/ -> @{W}", "/n/ -> {a,b}", "/n/ -> :n:b", "oldroot in /a /n", "options=ro /n/", "\"/n /\""]),
        "userns": filled("userns %", ["create", "(create)", "(create,)", "()", "foo", "create create", "(create create)", "r", "label=b", "create label=b", "CREATE", "/a", "peer=b"]),
        "io_uring": filled("io_uring %", ["sqpoll", "override_creds", "cmd", "(sqpoll)", "(sqpoll override_creds)", "(sqpoll, override_creds)", "()", "foo", "create", "sqpoll override_creds", "label=b", "sqpoll label=b", "override_creds label=b", "(override_creds) label=b", "label=b sqpoll", "label=a label=b", "label=(b)", "foo=b", "/a", "peer=b"]) + filled("io_uring override_creds label=%", LABELS[::2]),
        "mqueue": filled("mqueue %", ["r", "w", "rw", "wr", "read", "write", "create", "open", "delete", "getattr", "setattr", "(create)", "(create read)", "(create, read)", "()", "foo", "(foo)", "create read", "/q", "/q*", "/", "q", "12", "0", "4294967295", "4294967296", "-1", "0x10", "\"/q r\"", "@{E}", "@{W}", "@{UNSET}", "{/q,/r}", "/q /r", "type=posix", "type=sysv", "type=foo", "type=", "type=(posix)", "type=(posix sysv)", "type=posix /q", "type=sysv 12", "type=posix 12", "type=sysv /q", "type=sysv a",
                   "label=b", "label=b /q", "label=(b) /q", "/q label=b", "type=posix label=b /q", "create type=posix label=b /q", "type=sysv label=b 12", "read label=b", "(read create) label=b 12", "label=a label=b", "type=posix type=posix", "foo=b", "peer=b", "posix", "sysv"]),
        "rlimit": [f"set rlimit {name} <= {value}" for i, name in enumerate(RLIMITS) for value in LIMITS[i % 3::3]] + filled("set rlimit cpu <= %", LIMITS) + filled("set rlimit nice <= %", LIMITS) + filled("set rlimit as <= %", LIMITS) + filled("set rlimit rttime <= %", LIMITS) + filled("set rlimit nofile <= %", LIMITS) + ["set rlimit nofile < 10", "set rlimit nofile = 10", "set rlimit nofile 10", "set rlimit <= 10", "rlimit nofile <= 10", "set rlimit nofile<=10", "set nofile <= 10", "SET rlimit nofile <= 10", "set rlimit nofile <= 10 20", "set rlimit(nofile <= 10)"],
        "all": filled("all %", ["r", "/a", "foo", "all", "label=b", "(r)", "-> b"]),
    }
    for group, members in table.items():
        for member in members:
            yield group, member


def cases():
    """Every case, in a fixed order: (name, text)."""
    made = []

    def add(group, text):
        made.append((f"{group}-{len(made)}", text))

    for group, rule in rules():
        add(group, profile(rule + ","))
    for _, rule in list(rules())[::3]:
        add("untaken", profile(f"if false {{ {rule}, }}"))
    for name, rule in PLAIN.items():
        for words in QUALIFIERS:
            add(f"qualified-{name}", profile(f"{words} {rule},"))
        for block in BLOCKS:
            add(f"block-{name}", profile(block.format(rule + ",")))
        for ending in ENDINGS:
            add(f"ending-{name}", profile(rule + ending))
        add(f"upper-{name}", profile(rule.upper() + ","))
        add(f"lines-{name}", profile(rule.replace(" ", "\n  ") + ","))
        add(f"comments-{name}", profile(rule.replace(" ", " # c\n  ", 1) + ","))
    for condition in CONDITIONS:
        add("condition", profile(f"if {condition} {{ /yes r, }} else {{ /no r, }}"))
        add("condition", profile(f"if not {condition} {{ /yes r, }}"))
    for flag in FLAGS:
        add("flag", profile("/a r,", f"profile p flags=({flag})"))
        add("flag", profile("/a r,", f"/a flags=({flag}, audit)"))
        add("flag", profile("/a r,", f"profile p flags=(attach_disconnected {flag})"))
    words = [flag for flag in FLAGS if flag and "=" not in flag][:20]
    for i, first in enumerate(words):
        for second in words[i + 1:]:
            add("flags", profile("deny /a r,", f"profile p flags=({first}, {second})"))
    for head in HEADS:
        add("head", profile("/a r,", head))
        add("head", profile("/a r, ^h { /b r, }", head))
    for child in CHILDREN:
        add("child", profile(child.format("/a r, /b px, /c cx -> d,")))
    for preamble in PREAMBLES:
        add("preamble", profile("/@{A}/x r,", preamble=preamble))
        add("preamble", profile("/a/x r,", preamble=MARK + preamble))
        add("alone", preamble + "\n")
    for body in IN_BODY:
        add("body", profile(body))
        add("two", profile("/x r,") + profile(body, "profile q", ""))
    return made
