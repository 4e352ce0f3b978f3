abi <abi/4.0>,
profile mqueues {
  mqueue (read write) type=posix /one,
  mqueue create /two,
  mqueue (open getattr) label=x /three,
  profile all { mqueue, }
}
