# Finds OpenBLAS with its CBLAS header, as the target OpenBLAS::cblas; distributions disagree about its own package file.
include(${CMAKE_CURRENT_LIST_DIR}/find_library_target.cmake)
find_library_target(OpenBLAS OpenBLAS::cblas HEADER cblas.h LIBRARY openblas openblasp PKG_CONFIG openblas
  FOLDERS openblas openblas-pthread
)
