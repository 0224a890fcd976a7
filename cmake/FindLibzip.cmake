# Finds libzip as the target Libzip::zip; the package file that some distributions install asks for programs beside it.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(Libzip_PC QUIET libzip)
endif()
find_path(Libzip_INCLUDE_DIR zip.h HINTS ${Libzip_PC_INCLUDEDIR})
find_library(Libzip_LIBRARY NAMES zip HINTS ${Libzip_PC_LIBDIR})
mark_as_advanced(Libzip_INCLUDE_DIR Libzip_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libzip REQUIRED_VARS Libzip_LIBRARY Libzip_INCLUDE_DIR)

if(Libzip_FOUND AND NOT TARGET Libzip::zip)
  add_library(Libzip::zip UNKNOWN IMPORTED)
  set_target_properties(Libzip::zip PROPERTIES
    IMPORTED_LOCATION ${Libzip_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Libzip_INCLUDE_DIR}
  )
endif()
