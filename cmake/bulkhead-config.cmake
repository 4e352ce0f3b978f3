# find_package(bulkhead) gives the target bulkhead::bulkhead, for C and C++.
include("${CMAKE_CURRENT_LIST_DIR}/bulkhead-targets.cmake")
