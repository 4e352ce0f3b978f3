find_library(ARCHIVE libarchive.a REQUIRED)
set(BH_LIBRARIES ${ARCHIVE})

# The probe goes into guests and containers of any content, so it is static and small in every build, sanitizers or not,
# and travels inside the program (probe_image.S).
file(GLOB probe_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/probe/*.cpp")
add_executable(bulkhead-probe ${probe_sources})
target_include_directories(bulkhead-probe PRIVATE "${CMAKE_SOURCE_DIR}/src")
target_compile_options(bulkhead-probe PRIVATE -Os -fno-sanitize=all)
target_link_options(bulkhead-probe PRIVATE -static -no-pie -s -fno-sanitize=all)
set_target_properties(bulkhead-probe PROPERTIES POSITION_INDEPENDENT_CODE OFF)
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/probe_image.S" PROPERTIES
  COMPILE_OPTIONS "-DPROBE_FILE=\"${CMAKE_BINARY_DIR}/bulkhead-probe\""
  OBJECT_DEPENDS "${CMAKE_BINARY_DIR}/bulkhead-probe")
