# A kernel without addresses in its network rules gets the families that have them.
profile network_addresses {
  network stream ip=127.0.0.1,
  network dgram port=53,
  network inet6 raw ip=::1,
  audit network (bind) tcp port=1-1023,
  network (send) dgram peer=(ip=10.0.0.1 port=123),
  deny network rdm,
}
profile network_address_alone { network ip=::1, deny network raw, }
