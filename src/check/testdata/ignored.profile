# bulkhead: ignore-file BH4109, quiet-deny (this file is a test)

profile ignored {
  capability,   # bulkhead: ignore broad-rule (it is a test)
  # bulkhead: ignore BH4111 BH4105

  # and one more comment between
  file,
  deny /etc/** w,
  deny /srv/** w,  # bulkhead: ignore BH4106
  umount, # bulkhead: ignore BH4101
  mount,  # bulkhead: ignore
  network, # bulkhead: ignore brod-rule
}
