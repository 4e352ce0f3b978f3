find_library(UTF8PROC libutf8proc.a REQUIRED)
set(BH_LIBRARIES ${UTF8PROC})
