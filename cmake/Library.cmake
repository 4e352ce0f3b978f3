# libbulkhead: the module `lib` and what it needs, as a shared library that shows nothing but include/bulkhead/bulkhead.h, with
# what other builds find it by (pkg-config, find_package). `cmake --install build --component library --prefix DIR` puts it there.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(bulkhead_library SHARED $<TARGET_OBJECTS:bh_lib>)
target_link_libraries(bulkhead_library PRIVATE bh_lib)
target_include_directories(bulkhead_library INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
set_target_properties(bulkhead_library PROPERTIES
  OUTPUT_NAME bulkhead EXPORT_NAME bulkhead VERSION ${PROJECT_VERSION} SOVERSION 0
  LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/libbulkhead.map")
target_link_options(bulkhead_library PRIVATE "-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/libbulkhead.map" -Wl,--no-undefined)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/bulkhead")
file(RELATIVE_PATH pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/bulkhead.pc.in bulkhead.pc @ONLY)
write_basic_package_version_file(bulkhead-config-version.cmake VERSION ${PROJECT_VERSION} COMPATIBILITY SameMajorVersion)
install(TARGETS bulkhead_library EXPORT bulkhead-targets COMPONENT library)
install(DIRECTORY include/bulkhead DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT library)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/bulkhead.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT library)
install(FILES cmake/bulkhead-config.cmake "${CMAKE_CURRENT_BINARY_DIR}/bulkhead-config-version.cmake" DESTINATION "${package_dir}"
  COMPONENT library)
install(EXPORT bulkhead-targets NAMESPACE bulkhead:: DESTINATION "${package_dir}" COMPONENT library)
