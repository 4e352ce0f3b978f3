find_library(MD libmd.a REQUIRED)
set(BH_LIBRARIES ${MD})
