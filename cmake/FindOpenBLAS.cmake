# Finds OpenBLAS with its CBLAS header, as the target OpenBLAS::cblas; distributions disagree about its own package file.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(OpenBLAS_PC QUIET openblas)
endif()
find_path(OpenBLAS_INCLUDE_DIR cblas.h HINTS ${OpenBLAS_PC_INCLUDEDIR} PATH_SUFFIXES openblas openblas-pthread)
find_library(OpenBLAS_LIBRARY NAMES openblas openblasp HINTS ${OpenBLAS_PC_LIBDIR} PATH_SUFFIXES openblas openblas-pthread)
mark_as_advanced(OpenBLAS_INCLUDE_DIR OpenBLAS_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLAS REQUIRED_VARS OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR)

if(OpenBLAS_FOUND AND NOT TARGET OpenBLAS::cblas)
  add_library(OpenBLAS::cblas UNKNOWN IMPORTED)
  set_target_properties(OpenBLAS::cblas PROPERTIES
    IMPORTED_LOCATION ${OpenBLAS_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${OpenBLAS_INCLUDE_DIR}
  )
endif()
