profile no_abi {
  file,
  network,
  capability,
  signal,
  ptrace,
  unix,
  dbus,
  umount,
  mount,
  deny mount,
}
