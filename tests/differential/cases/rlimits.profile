abi <abi/4.0>,
profile rlimits {
  set rlimit nofile <= 1024,
  set rlimit data <= 100M,
  set rlimit nice <= -5,
  set rlimit cpu <= 10min,
  set rlimit rttime <= 100ms,
  set rlimit core <= infinity,
  set rlimit nproc <= 10,
  set rlimit memlock <= 64KB,
}
