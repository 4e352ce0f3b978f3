abi <abi/4.0>,
profile capabilities {
  capability chown kill,
  capability sys_admin,
  audit capability mknod,
  deny capability net_admin,
  audit deny capability sys_module,
  capability bpf checkpoint_restore,
  profile all { capability, deny capability mac_admin, }
}
