abi <abi/4.0>,
profile dbuses {
  dbus send bus=system path=/org/x interface=org.x member=Get peer=(name=org.x label=unconfined),
  dbus receive bus=session,
  dbus bind bus=session name=org.me.*,
  dbus eavesdrop bus=session,
  audit deny dbus send bus=system peer=(name=org.evil),
  dbus (send receive) bus=system path=/a/**,
  profile all { dbus, }
}
