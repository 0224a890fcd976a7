# Finds a library that has no usable package file, for the Find modules beside this file:
# find_library_target(PACKAGE TARGET HEADER h LIBRARY names... [PKG_CONFIG name] [FOLDERS where headers and libraries may lie...])
include(FindPackageHandleStandardArgs)

macro(find_library_target package target)
  cmake_parse_arguments(_xtape_find "" "HEADER;PKG_CONFIG" "LIBRARY;FOLDERS" ${ARGN})
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND AND _xtape_find_PKG_CONFIG)
    pkg_check_modules(${package}_PC QUIET ${_xtape_find_PKG_CONFIG})
  endif()
  find_path(${package}_INCLUDE_DIR ${_xtape_find_HEADER} HINTS ${${package}_PC_INCLUDEDIR} PATH_SUFFIXES ${_xtape_find_FOLDERS})
  find_library(${package}_LIBRARY NAMES ${_xtape_find_LIBRARY} HINTS ${${package}_PC_LIBDIR} PATH_SUFFIXES ${_xtape_find_FOLDERS})
  mark_as_advanced(${package}_INCLUDE_DIR ${package}_LIBRARY)
  find_package_handle_standard_args(${package} REQUIRED_VARS ${package}_LIBRARY ${package}_INCLUDE_DIR)

  if(${package}_FOUND AND NOT TARGET ${target})
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION ${${package}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${${package}_INCLUDE_DIR}
    )
  endif()
endmacro()
