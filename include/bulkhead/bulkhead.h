/* libbulkhead: AppArmor policy text in, the bytes that a kernel loads out, and what is wrong with the text.
 *
 * The one idea: a compiler is a set of settings and remembers nothing else. Each compile reads the files that
 * the text includes as they are then; so one compiler may be used by any number of threads at once, as long
 * as none changes its settings meanwhile.
 *
 * Stable: functions are only ever added, and fields only at the end of structures that the library makes.
 * Strings are UTF-8 where the input is, and end in NUL. Nothing is printed and nothing is loaded; writing the
 * bytes in one write(2) to /sys/kernel/security/apparmor/.replace is the caller's affair. A broken invariant
 * of the library itself ends the process with exit code 70 and a line on stderr; it never yields wrong
 * policy.
 */
#ifndef BULKHEAD_BULKHEAD_H
#define BULKHEAD_BULKHEAD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BULKHEAD_API __attribute__((visibility("default")))
#else
#define BULKHEAD_API
#endif

typedef struct bulkhead_compiler bulkhead_compiler;
typedef struct bulkhead_result bulkhead_result;

typedef enum bulkhead_severity {
  BULKHEAD_NOTE = 0,
  BULKHEAD_WARNING = 1,
  BULKHEAD_ERROR = 2
} bulkhead_severity;

typedef struct bulkhead_diagnostic {
  bulkhead_severity severity;
  unsigned code;       /* 2035 for BH2035: never changes its meaning */
  const char* file;    /* the name given to bulkhead_compile, or an include's path; NULL: of no one place */
  unsigned line;       /* from 1; 0 where file is NULL */
  unsigned column;     /* from 1, in characters */
  size_t offset;       /* the place in bytes from the start of the file … */
  size_t length;       /* … and how long it is */
  const char* message; /* one sentence: what was seen and what the rule is */
  const char* help;    /* the way out; NULL: none is known */
  const char* text;    /* all of it as people read it: code, place, the line with a caret under it, help */
} bulkhead_diagnostic;

/* `0.1.0` */
BULKHEAD_API const char* bulkhead_version(void);

/* Settings to start from: includes in /etc/apparmor.d, for the running kernel. NULL: out of memory. */
BULKHEAD_API bulkhead_compiler* bulkhead_compiler_new(void);
BULKHEAD_API void bulkhead_compiler_free(bulkhead_compiler* compiler);

/* The setters copy what they are given. They return 0, or -1, and then bulkhead_compiler_error() says why and
 * nothing has changed. */

/* A kernel that the library knows: "6.1", "6.12", "7.2". */
BULKHEAD_API int bulkhead_compiler_set_kernel(bulkhead_compiler* compiler, const char* kernel);
/* Any other kernel: its features as in a file of /etc/apparmor.d/abi. */
BULKHEAD_API int bulkhead_compiler_set_features(bulkhead_compiler* compiler, const char* text);
/* Where `<…>` is looked up last. */
BULKHEAD_API int bulkhead_compiler_set_base(bulkhead_compiler* compiler, const char* folder);
/* Where `<…>` is looked up before that, in the order of the calls. */
BULKHEAD_API int bulkhead_compiler_add_include(bulkhead_compiler* compiler, const char* folder);
/* Not 0: every profile in complain mode. */
BULKHEAD_API int bulkhead_compiler_set_complain(bulkhead_compiler* compiler, int complain);
/* Of the setter that failed last; "" where none has. Valid until the next call of a setter. */
BULKHEAD_API const char* bulkhead_compiler_error(const bulkhead_compiler* compiler);

/* Compiles a text of `size` bytes; `name` is what diagnostics call it. NULL: out of memory. What is wrong
 * with the text is in the result, all of it at once. */
BULKHEAD_API bulkhead_result* bulkhead_compile(const bulkhead_compiler* compiler, const char* name,
                                               const char* text, size_t size);
/* The same of a file. */
BULKHEAD_API bulkhead_result* bulkhead_compile_file(const bulkhead_compiler* compiler, const char* path);
BULKHEAD_API void bulkhead_result_free(bulkhead_result* result);

/* The bytes of one load, or NULL where there was an error. They, and all below, are the result's and live as
 * long. */
BULKHEAD_API const char* bulkhead_result_bytes(const bulkhead_result* result, size_t* size);
/* Why there are no bytes, in one line; NULL where there are. */
BULKHEAD_API const char* bulkhead_result_error(const bulkhead_result* result);
/* Notes and warnings too. */
BULKHEAD_API size_t bulkhead_result_count(const bulkhead_result* result);
/* NULL: `index` is not below the count. */
BULKHEAD_API const bulkhead_diagnostic* bulkhead_result_diagnostic(const bulkhead_result* result,
                                                                   size_t index);

#ifdef __cplusplus
}
#endif

#endif
