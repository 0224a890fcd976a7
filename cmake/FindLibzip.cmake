# Finds libzip as the target Libzip::zip; the package file that some distributions install asks for programs beside it.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_target.cmake)
find_library_target(Libzip Libzip::zip HEADER zip.h LIBRARY zip PKG_CONFIG libzip)
