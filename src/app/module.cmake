set_source_files_properties("${dir}/version.cpp" PROPERTIES COMPILE_DEFINITIONS "BH_VERSION=\"${PROJECT_VERSION}\"")
