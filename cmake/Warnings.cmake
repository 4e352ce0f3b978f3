# Warnings are errors, for both compilers; headers of libraries are included as system headers.
# (designated initialisers that leave the rest to its default are the idiom here, so gcc's missing-field warning is off)
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-missing-field-initializers -Werror)
add_compile_definitions(TOML_HEADER_ONLY=1 XXH_INLINE_ALL=1)
