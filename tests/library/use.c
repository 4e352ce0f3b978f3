/* use KERNEL BASE FILE: the policy on stdout, or `file:line:column+length BHcode message|help` for each thing
 * said. */
#include <bulkhead/bulkhead.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 4) return 3;
  bulkhead_compiler* compiler = bulkhead_compiler_new();
  if (bulkhead_compiler_set_kernel(compiler, argv[1]) != 0) {
    fprintf(stderr, "%s\n", bulkhead_compiler_error(compiler));
    bulkhead_compiler_free(compiler);
    return 2;
  }
  bulkhead_compiler_set_base(compiler, argv[2]);
  bulkhead_result* result = bulkhead_compile_file(compiler, argv[3]);
  for (size_t i = 0; i < bulkhead_result_count(result); ++i) {
    const bulkhead_diagnostic* said = bulkhead_result_diagnostic(result, i);
    fprintf(stderr, "%s:%u:%u+%zu BH%u %s|%s\n", said->file ? said->file : "-", said->line, said->column,
            said->length, said->code, said->message, said->help ? said->help : "");
  }
  size_t size = 0;
  const char* bytes = bulkhead_result_bytes(result, &size);
  if (bytes != NULL)
    fwrite(bytes, 1, size, stdout);
  else
    fprintf(stderr, "%s\n", bulkhead_result_error(result));
  int failed = bytes == NULL || bulkhead_result_diagnostic(result, bulkhead_result_count(result)) != NULL;
  bulkhead_result_free(result);
  bulkhead_compiler_free(compiler);
  return failed;
}
