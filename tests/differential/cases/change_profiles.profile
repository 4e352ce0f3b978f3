abi <abi/4.0>,
profile change_profiles {
  change_profile -> one,
  change_profile -> two//*,
  change_profile /bin/exec -> three,
  change_profile safe /bin/safe -> four,
  change_profile unsafe /bin/unsafe -> five,
  change_profile -> &six,
  change_profile -> :ns:seven,
  audit change_profile -> eight,
  deny change_profile -> unconfined,
  profile all { change_profile, }
}
