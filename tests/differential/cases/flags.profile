abi <abi/4.0>,
profile f_complain flags=(complain) { /a r, deny /b w, deny capability chown, }
profile f_audit flags=(audit) { /a r, deny /b w, }
profile f_kill flags=(kill) { /a r, }
profile f_unconfined flags=(unconfined) { userns, }
profile f_paths flags=(attach_disconnected, mediate_deleted, chroot_relative) { /a r, }
profile f_namespace_relative flags=(namespace_relative) { /a r, }
profile f_chroot_attach flags=(chroot_relative chroot_attach) { /a r, }
profile f_debug flags=(debug) { /a r, }
profile f_path flags=(attach_disconnected.path=/disc) { /a r, }
profile f_kill_signal flags=(kill.signal=term) { /a r, }
profile f_interruptible flags=(interruptible) { /a r, }
profile f_default_allow flags=(default_allow) { /a r, }
profile f_prompt flags=(prompt) { /a r, }
