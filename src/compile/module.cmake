file(GLOB features CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/features/*" "${dir}/abi/*")
set_source_files_properties("${dir}/known_features.S" PROPERTIES
  INCLUDE_DIRECTORIES "${CMAKE_SOURCE_DIR}/tests/features;${dir}" OBJECT_DEPENDS "${features}")
