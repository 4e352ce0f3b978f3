abi <abi/4.0>,
/usr/bin/plain { /a r, }
/usr/bin/glob* { /a r, }
profile named /usr/bin/{one,two} { /a r, }
profile /usr/lib/**/x { /a r, }
profile just_a_name { /a r, }
profile with_xattrs /usr/bin/x* xattrs=(security.tagged=yes user.foo=*) { /a r, }
