# OpenSSL is wanted for TCP+TLS only; the static libraries are linked by path so that -static-pie finds them.
set(BH_LIBRARIES ssl crypto)
# clang 14 cannot assemble coroutines with the fuzzer's counters in them. What is fuzzed is what reads, not what connects.
if(BH_FUZZ)
  set_source_files_properties("${dir}/http_client.cpp" PROPERTIES COMPILE_OPTIONS "-fno-sanitize=all;-fno-sanitize-coverage=inline-8bit-counters,pc-table,indirect-calls,trace-cmp")
endif()
