set_source_files_properties("${dir}/bulkhead.cpp" PROPERTIES COMPILE_DEFINITIONS "BH_VERSION=\"${PROJECT_VERSION}\"")
set_source_files_properties("${dir}/bulkhead.cpp" PROPERTIES INCLUDE_DIRECTORIES "${CMAKE_SOURCE_DIR}/include")
